// Contract: every byte is counted in the bucket of its moment; however long it lasts, there are at most a thousand.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Activity } from './activity.ts';

test('short recordings have a bucket per second', () => {
  const activity = new Activity();
  activity.add(0, 5);
  activity.add(999, 5);
  activity.add(3000, 7);
  expect([activity.bucketMs, activity.buckets]).toEqual([1000, [10, 0, 0, 7]]);
});

test('long ones have wider buckets, and nothing is lost', () => {
  const step = fc.tuple(fc.nat(3_600_000), fc.integer({ min: 1, max: 65_536 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), (steps) => {
      const activity = new Activity();
      let ms = 0;
      for (const [delayMs, bytes] of steps) {
        ms += delayMs;
        activity.add(ms, bytes);
      }
      expect(activity.buckets.length).toBeLessThanOrEqual(1000);
      expect(activity.buckets.length).toBe(Math.floor(ms / activity.bucketMs) + 1);
      expect(activity.buckets.reduce((sum, count) => sum + count, 0)).toBe(
        steps.reduce((sum, [, bytes]) => sum + bytes, 0),
      );
    }),
  );
});

test('a flood fills a bucket and no more', () => {
  const activity = new Activity();
  for (let n = 0; n < 3; n += 1) activity.add(0, 4_000_000_000);
  expect(activity.buckets).toEqual([0xffff_ffff]);
});
