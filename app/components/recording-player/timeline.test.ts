// Contract: a timing file and the events become times and byte offsets; nothing in them, however damaged, makes a
// position outside of the bytes that are there.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTimingStep } from '#server/protocol/typescript.ts';
import { formatEventLine, parseEvents } from '#server/protocol/typescript-events.ts';
import { buildTimeline, nextOutputAfter, offsetAt, wallClockAt } from './timeline.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const timing = (...steps: [seconds: number, bytes: number][]) =>
  encode(steps.map(([seconds, bytes]) => formatTimingStep({ delayUs: seconds * 1e6, bytes })).join(''));

const began = { columns: 100, rows: 30, computer: 'c', account: 'a', person: 'p', personId: 'i' };
const events = parseEvents(
  formatEventLine({ at: '2026-03-01T10:00:00.000Z', elapsedMs: 0, offset: 0 }, { type: 'start', ...began }) +
    formatEventLine(
      { at: '2026-03-01T10:00:02.000Z', elapsedMs: 2000, offset: 15 },
      { type: 'resize', columns: 120, rows: 40 },
    ) +
    formatEventLine(
      { at: '2026-03-01T10:30:00.000Z', elapsedMs: 5000, offset: 35 },
      { type: 'exit', reason: 'exited' },
    ),
);

test('positions map to bytes: nothing before the first step, everything after the last', () => {
  const timeline = buildTimeline(timing([1, 10], [0.5, 5], [2, 20]), events, 35);
  expect([0, 999, 1000, 1499, 1500, 3499, 3500, 1e9].map((ms) => offsetAt(timeline, ms))).toEqual([
    0, 0, 10, 10, 15, 15, 35, 35,
  ]);
});

test('it lasts until the last event, also when that is later than the last output', () => {
  expect(buildTimeline(timing([1, 10]), events, 10).durationMs).toBe(5000);
  expect(buildTimeline(timing([9, 10]), events, 10).durationMs).toBe(9000);
});

test('sizes come from the events', () => {
  const timeline = buildTimeline(timing([1, 10]), events, 10);
  expect(timeline.startSize).toEqual({ columns: 100, rows: 30 });
  expect(timeline.resizes).toEqual([{ columns: 120, rows: 40, atMs: 2000, offset: 10 }]); // no further than the output
  expect(buildTimeline(timing([1, 10]), [], 10).startSize).toEqual({ columns: 80, rows: 24 });
});

test('the next output is known, for skipping silence', () => {
  const timeline = buildTimeline(timing([1, 10], [60, 5]), events, 15);
  expect(nextOutputAfter(timeline, 0)).toBe(1000);
  expect(nextOutputAfter(timeline, 1000)).toBe(61_000);
  expect(nextOutputAfter(timeline, 61_000)).toBeUndefined();
});

test('the wall clock follows the last event that noted it', () => {
  const timeline = buildTimeline(timing([1, 10]), events, 10);
  const at = (ms: number) => new Date(wallClockAt(timeline, ms) ?? Number.NaN).toISOString();
  expect(at(1500)).toBe('2026-03-01T10:00:01.500Z');
  expect(at(5500)).toBe('2026-03-01T10:30:00.500Z'); // the machine slept: elapsed and wall clock differ
  expect(wallClockAt(buildTimeline(timing([1, 1]), [], 1), 0)).toBeUndefined();
});

test('a timing file that promises more than there is plays what is there', () => {
  const timeline = buildTimeline(timing([1, 10], [1, 100]), events, 40);
  expect(offsetAt(timeline, 1e9)).toBe(40);
});

test('an empty recording has no output and no length of its own', () => {
  const timeline = buildTimeline(new Uint8Array(0), [], 0);
  expect(timeline.durationMs).toBe(0);
  expect(offsetAt(timeline, 5)).toBe(0);
});

test('attack: random bytes as timing file', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.double({ noNaN: true }), fc.nat(1000), (bytes, ms, there) => {
      const offset = offsetAt(buildTimeline(bytes, [], there), ms);
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(there);
    }),
  );
});
