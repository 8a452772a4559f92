// Contract: time is told in hours and minutes, never more than is left, and never as a negative number.
import { expect, it } from 'vitest';
import { timeLeft } from './time-left.ts';

it.each([
  [8 * 3_600_000, '8 h 0 min'],
  [8 * 3_600_000 - 1, '7 h 59 min'],
  [60 * 60_000, '1 h 0 min'],
  [59 * 60_000 + 59_999, '59 min'],
  [60_000, '1 min'],
  [59_999, 'less than a minute'],
  [-5, 'less than a minute'],
])('%d ms: %s', (ms, text) => {
  expect(timeLeft(ms)).toBe(text);
});
