// Contract: a time reads the same width all through a recording, and is spoken in whole words.
import { expect, test } from 'vitest';
import { clockText, spokenClock } from './clock-text.ts';

test.each([
  [0, 60_000, '00:00'],
  [61_999, 120_000, '01:01'],
  [61_999, 7_200_000, '0:01:01'],
  [3_723_000, 7_200_000, '1:02:03'],
  [-1, 0, '00:00'],
])('%d of %d reads %s', (ms, whole, text) => {
  expect(clockText(ms, whole)).toBe(text);
});

test('without a whole it is as short as it can be', () => {
  expect(clockText(65_400)).toBe('01:05');
  expect(clockText(3_723_000)).toBe('1:02:03');
});

test.each([
  [0, '0 seconds'],
  [1000, '1 second'],
  [62_000, '1 minute 2 seconds'],
  [3_600_000, '1 hour'],
  [7_385_000, '2 hours 3 minutes 5 seconds'],
])('%d is spoken %s', (ms, text) => {
  expect(spokenClock(ms)).toBe(text);
});
