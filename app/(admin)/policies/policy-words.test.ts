// Contract: a table says in a few words when sessions under a policy end by themselves, and who may look at them.
import { expect, test } from 'vitest';
import { limitsText, minutesText, watchingText } from './policy-words.ts';

test.each([
  [null, null, 'With the access'],
  [480, null, 'After 8 hours'],
  [null, 15, '15 minutes without a key'],
  [90, 1, 'After 1 hour 30 minutes, or 1 minute without a key'],
])('at most %s minutes and idle %s reads "%s"', (maxDurationMinutes, idleTimeoutMinutes, text) => {
  expect(limitsText({ maxDurationMinutes, idleTimeoutMinutes })).toBe(text);
});

test('says whether people are told only where somebody may look', () => {
  expect(watchingText({ allowSnooping: false, tellWatched: true })).toBe('Nobody');
  expect(watchingText({ allowSnooping: true, tellWatched: true })).toContain('told');
  expect(watchingText({ allowSnooping: true, tellWatched: false })).toContain('without a word');
});

test('a length in minutes is read in hours', () => {
  expect(minutesText(59)).toBe('59 minutes');
  expect(minutesText(60)).toBe('1 hour');
  expect(minutesText(1441)).toBe('24 hours 1 minute');
});
