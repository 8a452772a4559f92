// Contract: a link leads to the very moment it was copied at; no address leads anywhere else.
import { expect, test } from 'vitest';
import { hashOfMoment, momentInHash, skippedText } from './moments.ts';

test.each([0, 5, 1234, 61_000, 7_200_000])('%d ms survive a link', (ms) => {
  expect(momentInHash(hashOfMoment(ms))).toBeCloseTo(ms, 6);
});

test('a link is short', () => {
  expect(hashOfMoment(61_000)).toBe('#t=61');
  expect(hashOfMoment(1500)).toBe('#t=1.5');
  expect(hashOfMoment(100_000)).toBe('#t=100');
  expect(hashOfMoment(-5)).toBe('#t=0');
});

test.each(['', '#', '#t=', '#t=-5', '#t=1e9', '#t=5s', '#x=5', '#t=5&x', '#t=99999999999', '#t=1.', '#recording'])(
  '%j leads nowhere',
  (hash) => {
    expect(momentInHash(hash)).toBeUndefined();
  },
);

test.each([
  [2400, '2 s'],
  [59_400, '59 s'],
  [61_000, '1 min'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
])('%d ms of silence read %s', (ms, text) => {
  expect(skippedText(ms)).toBe(text);
});
