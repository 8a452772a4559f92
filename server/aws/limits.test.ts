import { describe, expect, test } from 'vitest';
import { createLimiter } from './limits.ts';
import { createReplays } from './replays.ts';

/* One token cannot take what others need, and what was seen before is known for as long as it could come again. */

describe('calls of a token', () => {
  const limits = { mostAtOnce: 2, perSecond: 10, burst: 3 };

  test('are so many at once, and one that is over makes room once', () => {
    const limiter = createLimiter({ ...limits, burst: 100 });
    const first = limiter.enter('a', 0);
    limiter.enter('a', 0);
    expect(limiter.enter('a', 0)).toBeUndefined();
    first?.();
    first?.();
    expect(limiter.enter('a', 0)).toBeDefined();
    expect(limiter.enter('a', 0)).toBeUndefined();
  });

  test('are so many in a second after a burst, and those of another count apart', () => {
    const limiter = createLimiter(limits);
    const calls = (key: string, count: number, at: number) => {
      let allowed = 0;
      for (let call = 0; call < count; call += 1) {
        const leave = limiter.enter(key, at);
        leave?.();
        if (leave) allowed += 1;
      }
      return allowed;
    };
    expect(calls('a', 5, 0)).toBe(3);
    expect(calls('b', 5, 0)).toBe(3);
    expect(calls('a', 5, 200)).toBe(2);
    expect(calls('a', 5, 10_000)).toBe(3);
    expect(calls('a', 1, 5_000)).toBe(0);
  });
});

describe('signatures', () => {
  test('are known for as long as they are good', () => {
    const replays = createReplays({ keptMs: 1000 });
    expect([replays.seen('a', 0), replays.seen('a', 900), replays.seen('b', 950)]).toEqual([false, true, false]);
    expect([replays.seen('a', 1001), replays.seen('b', 1001)]).toEqual([false, true]);
  });

  test('are forgotten, the oldest first, where there are too many', () => {
    const replays = createReplays({ keptMs: 1e9, most: 2 });
    for (const signature of ['a', 'b', 'c']) replays.seen(signature, 0);
    expect([replays.seen('c', 0), replays.seen('a', 0)]).toEqual([true, false]);
  });
});
