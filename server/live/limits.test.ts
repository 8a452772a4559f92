// Contract: a session ends when its policy, its right or its silence says so, whichever comes first; its person is warned
// five minutes and one minute before; a key takes the warning of silence back; an end that moves is told.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { earlierOf, type LimitsControl, SessionLimits } from './limits.ts';
import type { SessionEnding } from './session-ending.ts';

const minute = 60_000;
let told: LimitsControl[];
let warned: string[];
let endings: { ending: SessionEnding; atMs: number }[];
let startMs: number;
let limits: SessionLimits;

beforeEach(() => {
  vi.useFakeTimers();
  startMs = Date.now();
});
afterEach(() => {
  limits.stop();
  vi.useRealTimers();
});

function limited(times: { idle?: number; max?: number; rightMs?: number }): void {
  told = [];
  warned = [];
  endings = [];
  const policy = { idleTimeoutMinutes: times.idle ?? null, maxDurationMinutes: times.max ?? null };
  limits = new SessionLimits(policy, {
    nowMs: () => Date.now(),
    tell: (control) => told.push(control),
    warned: (sentence) => warned.push(sentence),
    end: (ending) => endings.push({ ending, atMs: Date.now() - startMs }),
  });
  if (times.rightMs !== undefined) limits.mayRunUntil(new Date(startMs + times.rightMs));
  limits.begin();
}

const passing = (ms: number) => vi.advanceTimersByTime(ms);
const reasons = () => endings.map(({ ending, atMs }) => [ending.reason, atMs]);

describe('the longest time', () => {
  test('is told at once, warned of twice, and kept to the second', () => {
    limited({ max: 30 });
    expect(told).toEqual([{ type: 'limits', endsInMs: 30 * minute, endsBy: 'time_limit', idleInMs: null }]);
    passing(24 * minute);
    expect(warned).toEqual([]);
    passing(minute);
    expect(warned).toEqual(['Warned: the session ends in 5 minutes.']);
    expect(told.at(-1)?.endsInMs).toBe(5 * minute);
    passing(4 * minute);
    expect(warned.at(-1)).toBe('Warned: the session ends in 1 minute.');
    passing(minute - 1);
    expect(endings).toEqual([]);
    passing(1);
    expect(reasons()).toEqual([['time_limit', 30 * minute]]);
    passing(60 * minute);
    expect(endings).toHaveLength(1);
  });

  test('is not made longer by typing', () => {
    limited({ max: 2, idle: 60 });
    passing(minute);
    limits.typed();
    passing(minute);
    expect(reasons()).toEqual([['time_limit', 2 * minute]]);
  });
});

describe('the end of the right', () => {
  test('ends it when it comes before the longest time, and not before', () => {
    limited({ max: 30, rightMs: 10 * minute });
    expect(told.at(-1)).toMatchObject({ endsInMs: 10 * minute, endsBy: 'grant_ended' });
    passing(10 * minute);
    expect(reasons()).toEqual([['grant_ended', 10 * minute]]);
  });

  test('that moves is told, and warned of anew', () => {
    limited({ rightMs: 6 * minute });
    passing(2 * minute);
    expect(warned).toHaveLength(1);
    limits.mayRunUntil(new Date(startMs + 60 * minute));
    expect(told.at(-1)).toMatchObject({ endsInMs: 58 * minute });
    passing(10 * minute);
    expect(endings).toEqual([]);
    limits.mayRunUntil(new Date(startMs + 15 * minute));
    expect(warned).toHaveLength(2);
    limits.mayRunUntil(null);
    expect(told.at(-1)).toMatchObject({ endsInMs: null, endsBy: null });
    passing(1000 * minute);
    expect(endings).toEqual([]);
  });

  test('that is read again and stands is not told again', () => {
    limited({ rightMs: 60 * minute });
    const before = told.length;
    for (let second = 0; second < 100; second++) limits.mayRunUntil(new Date(startMs + 60 * minute));
    expect(told).toHaveLength(before);
  });

  test('that is past ends it at once', () => {
    limited({});
    passing(minute);
    limits.mayRunUntil(new Date(startMs));
    expect(reasons()).toEqual([['grant_ended', minute]]);
  });

  test('in a hundred years keeps no timer from working', () => {
    limited({ rightMs: 100 * 365 * 24 * 60 * minute, idle: 1 });
    passing(minute);
    expect(reasons()).toEqual([['idle', minute]]);
  });
});

describe('silence', () => {
  test('is warned of five minutes and one minute before it ends the session', () => {
    limited({ idle: 15 });
    expect(told).toEqual([]);
    passing(10 * minute);
    expect(told).toEqual([{ type: 'limits', endsInMs: null, endsBy: null, idleInMs: 5 * minute }]);
    passing(4 * minute);
    expect(told.at(-1)?.idleInMs).toBe(minute);
    expect(warned).toEqual([
      'Warned: nothing was typed, so the session ends in 5 minutes.',
      'Warned: nothing was typed, so the session ends in 1 minute.',
    ]);
    passing(minute);
    expect(reasons()).toEqual([['idle', 15 * minute]]);
    expect(endings[0]?.ending.detail).toBe('The policy allows 15 minutes without a key.');
  });

  test('is over with a key, which takes the warning back', () => {
    limited({ idle: 15 });
    passing(14.5 * minute);
    limits.typed();
    expect(told.at(-1)?.idleInMs).toBeNull();
    passing(14.9 * minute);
    expect(endings).toEqual([]);
    passing(0.1 * minute);
    expect(reasons()).toEqual([['idle', 29.5 * minute]]);
  });

  test('of somebody who types on and on never comes, and nothing is told', () => {
    limited({ idle: 2 });
    for (let half = 0; half < 100; half++) {
      passing(minute / 2);
      limits.typed();
    }
    expect(told).toEqual([]);
    expect(endings).toEqual([]);
  });

  test('of one minute is warned of in its middle', () => {
    limited({ idle: 1 });
    passing(minute / 2);
    expect(warned).toEqual(['Warned: nothing was typed, so the session ends in 30 seconds.']);
  });

  test('counts again after the machine slept', () => {
    limited({ idle: 5 });
    vi.setSystemTime(startMs + 10 * minute); // no timer ran meanwhile
    limits.mayRunUntil(null);
    expect(reasons()).toEqual([['idle', 10 * minute]]);
  });
});

test('nothing is limited before the host answered, and nothing after the end', () => {
  limited({ idle: 1, max: 1 });
  limits.stop();
  passing(10 * minute);
  limits.mayRunUntil(new Date(0));
  limits.typed();
  expect(endings).toEqual([]);
});

test('without limits there is nothing to tell, but to whoever comes back', () => {
  limited({});
  passing(1000 * minute);
  expect(told).toEqual([]);
  expect(limits.control()).toEqual({ type: 'limits', endsInMs: null, endsBy: null, idleInMs: null });
});

test('of two ends the earlier counts, and none is later than any', () => {
  const [one, two] = [new Date(1), new Date(2)];
  expect(earlierOf(one, two)).toBe(one);
  expect(earlierOf(two, one)).toBe(one);
  expect(earlierOf(null, two)).toBe(two);
  expect(earlierOf(one, undefined)).toBe(one);
  expect(earlierOf(null, undefined)).toBeNull();
});
