/** Contract: a terminal is resized at once, then ten times a second at most, and the last size is the one that stays. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ResizePace } from './resize-pace.ts';

let sizes: string[];
let pace: ResizePace;
beforeEach(() => {
  vi.useFakeTimers();
  sizes = [];
  pace = new ResizePace(({ columns, rows }) => sizes.push(`${columns}x${rows}`));
});
afterEach(() => vi.useRealTimers());

const ask = (columns: number) => pace.ask({ columns, rows: 24 });

test('the first comes at once, of a flood only the last after it', () => {
  ask(80);
  expect(sizes).toEqual(['80x24']);
  for (let columns = 81; columns <= 400; columns += 1) ask(columns);
  expect(sizes).toEqual(['80x24']);
  vi.advanceTimersByTime(100);
  expect(sizes).toEqual(['80x24', '400x24']);
});

test('a browser that never stops is heard ten times a second', () => {
  for (let ms = 0; ms < 1_000; ms += 1) {
    ask(80 + (ms % 100));
    vi.advanceTimersByTime(1);
  }
  expect(sizes.length).toBeGreaterThanOrEqual(10);
  expect(sizes.length).toBeLessThanOrEqual(11);
});

test('after a rest the next comes at once again', () => {
  ask(80);
  vi.advanceTimersByTime(1_000);
  ask(90);
  expect(sizes).toEqual(['80x24', '90x24']);
});

test('what was forgotten, or came before the end, does not come', () => {
  ask(80);
  ask(81);
  pace.forget();
  vi.advanceTimersByTime(1_000);
  ask(82);
  ask(83);
  pace.stop();
  vi.advanceTimersByTime(1_000);
  expect(sizes).toEqual(['80x24', '82x24']);
});
