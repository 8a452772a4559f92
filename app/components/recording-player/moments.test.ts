// Contract: a link leads to the very moment it was copied at; no address leads anywhere else; every event reads as words.
import { expect, test } from 'vitest';
import { hashOfMoment, markText, momentInHash, skippedText } from './moments.ts';

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

const at = { at: '2026-03-01T10:00:00Z', elapsedMs: 0, offset: 0 };
const who = { person: 'Ada', personId: 'x' };

test.each([
  [{ type: 'resize', columns: 100, rows: 30 }, 'Resized to 100 × 30'],
  [{ type: 'paste', bytes: 1, allowed: false }, 'Tried to paste 1 byte'],
  [{ type: 'paste', bytes: 12, allowed: true }, 'Pasted 12 bytes'],
  [{ type: 'policy', text: 'Five minutes left.' }, 'Five minutes left.'],
  [{ type: 'join', role: 'viewer', ...who }, 'Ada began to watch'],
  [{ type: 'leave', role: 'viewer', ...who }, 'Ada stopped watching'],
  [{ type: 'join', role: 'owner', ...who }, 'Ada came back'],
  [{ type: 'leave', role: 'owner', ...who }, 'Ada went away'],
  [{ type: 'kill', reason: 'terminated', by: 'x' }, 'Ended by somebody else'],
  [{ type: 'exit', reason: 'exited' }, 'Ended'],
  [{ type: 'input', text: 'secret' }, 'Typed'],
  [{ type: 'start', columns: 1, rows: 1, computer: 'web-1', account: 'root', ...who }, 'Started on web-1 as root'],
] as const)('%j reads %s', (event, text) => {
  expect(markText({ ...at, ...event })).toBe(text);
});

test.each([
  [2400, '2 s'],
  [59_400, '59 s'],
  [61_000, '1 min'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
])('%d ms of silence read %s', (ms, text) => {
  expect(skippedText(ms)).toBe(text);
});
