/** Contract: a key is measured to the first output after it, the longest wait of several, and silence is no measure. */
import { beforeEach, expect, test } from 'vitest';
import { EchoTimer } from './echo-timer.ts';

let nowMs: number;
let measured: number[];
let timer: EchoTimer;
beforeEach(() => {
  nowMs = 1_000;
  measured = [];
  timer = new EchoTimer(
    (ms) => measured.push(ms),
    () => nowMs,
  );
});

test('output without a key is none, and one key is one', () => {
  timer.seen();
  timer.typed();
  nowMs += 3;
  timer.seen();
  nowMs += 50;
  timer.seen();
  expect(measured).toEqual([3]);
});

test('of keys in a row the first counts', () => {
  timer.typed();
  nowMs += 5;
  timer.typed();
  nowMs += 2;
  timer.seen();
  expect(measured).toEqual([7]);
});

test('what a host says long after a silent key is no answer to it', () => {
  timer.typed();
  nowMs += 10_001;
  timer.seen();
  timer.typed();
  nowMs += 20_000;
  timer.typed(); // after a password that showed nothing
  nowMs += 4;
  timer.seen();
  expect(measured).toEqual([4]);
});
