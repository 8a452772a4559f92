// Contract: a moment reads the same in UTC everywhere, and in local time as its reader's clock shows it.

import { describe, expect, it } from 'vitest';
import { durationText, localText, utcText } from './moment-text.ts';

const at = '2026-03-29T00:59:58.999Z';

it('writes UTC to the second, or to the minute', () => {
  expect(utcText(at)).toBe('2026-03-29 00:59:58 UTC');
  expect(utcText(at, false)).toBe('2026-03-29 00:59 UTC');
});

it('writes local time across a change of clocks', () => {
  expect(localText(at, true, 'Europe/Berlin', 'en-GB')).toBe('29 Mar 2026, 01:59:58');
  expect(localText('2026-03-29T01:00:00.000Z', true, 'Europe/Berlin', 'en-GB')).toBe('29 Mar 2026, 03:00:00');
});

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [3_599_000, '59 min 59 s'],
    [3_600_000, '1 h 0 min'],
    [90_061_000, '25 h 1 min'],
  ])('%i ms read "%s"', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
