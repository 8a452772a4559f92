// Contract: a browser knows from what the gateway said when its session ends, warns of what comes first five minutes and
// again one minute before, and shows the time left unless it is days.
import { expect, test } from 'vitest';
import { isTimeLeftShown, limitMoments, timeWarningAt, warningAt, warningWords } from './limit-words.ts';

const minute = 60_000;
const none = { type: 'limits', endsInMs: null, endsBy: null, idleInMs: null } as const;

test('times from now are moments on the clock of the browser', () => {
  expect(limitMoments(none, 5)).toEqual({});
  expect(limitMoments({ ...none, endsInMs: 100, endsBy: 'grant_ended' }, 5)).toEqual({
    endsAtMs: 105,
    endsBy: 'grant_ended',
  });
  expect(limitMoments({ ...none, idleInMs: 100 }, 5)).toEqual({ idleAtMs: 105 });
});

test.each([
  [5 * minute + 1, undefined],
  [5 * minute, 5 * minute],
  [minute + 1, 5 * minute],
  [minute, minute],
  [1, minute],
])('with %i ms left one is warned within %s', (leftMs, withinMs) => {
  expect(warningAt({ endsAtMs: leftMs, endsBy: 'time_limit' }, 0)?.withinMs).toBe(withinMs);
});

test('of two ends, the first one is warned of', () => {
  const moments = { endsAtMs: 3 * minute, endsBy: 'time_limit', idleAtMs: 2 * minute } as const;
  expect(warningAt(moments, 0)?.what).toBe('idle');
  expect(warningAt({ ...moments, endsAtMs: minute }, 0)?.what).toBe('time_limit');
});

test('whoever is idle is not short of time', () => {
  const moments = { endsAtMs: 90 * minute, endsBy: 'time_limit', idleAtMs: minute } as const;
  expect(warningAt(moments, 0)?.what).toBe('idle');
  expect(timeWarningAt(moments, 0)).toBeUndefined();
  expect(timeWarningAt({ ...moments, endsAtMs: 3 * minute }, 0)?.what).toBe('time_limit');
});

test('no end is no warning', () => {
  expect(warningAt({}, 0)).toBeUndefined();
  expect(isTimeLeftShown({}, 0)).toBe(false);
});

test('time left of more than a day is not shown', () => {
  expect(isTimeLeftShown({ endsAtMs: 24 * 60 * minute }, 0)).toBe(true);
  expect(isTimeLeftShown({ endsAtMs: 24 * 60 * minute + 1 }, 0)).toBe(false);
});

test('each says what to do', () => {
  expect(warningWords({ what: 'idle', atMs: 0, withinMs: 0 }).what).toContain('any key');
  expect(warningWords({ what: 'grant_ended', atMs: 0, withinMs: 0 }).what).toContain('Save');
});
