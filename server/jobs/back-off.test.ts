// Contract: each wait is about twice the one before, never longer than half an hour, and never the same for two who
// failed at the same moment.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backOffMs } from './back-off.ts';

const halfHourMs = 30 * 60_000;

test('doubles from two seconds to half an hour', () => {
  const longest = (attempts: number) => backOffMs(attempts, () => 1);
  expect([1, 2, 3, 4, 10].map(longest)).toEqual([2_000, 4_000, 8_000, 16_000, 1_024_000]);
  expect([11, 12, 50, 100_000].map(longest)).toEqual([halfHourMs, halfHourMs, halfHourMs, halfHourMs]);
});

test('is somewhere in the upper half, in whole milliseconds', () => {
  const attempts = fc.integer({ min: 1, max: 1_000_000 });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(attempts, chance, (n, random) => {
      const waitMs = backOffMs(n, () => random);
      const longestMs = backOffMs(n, () => 1);
      expect(Number.isInteger(waitMs)).toBe(true);
      expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waitMs).toBeLessThanOrEqual(longestMs);
    }),
  );
});

test('differs from one to the next', () => {
  const waits = new Set(Array.from({ length: 50 }, () => backOffMs(8)));
  expect(waits.size).toBeGreaterThan(10);
});
