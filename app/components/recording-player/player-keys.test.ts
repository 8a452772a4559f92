// Contract: space plays and pauses, arrows move five seconds, Home and End go to the ends, comma and full
// stop from output to output; everything else, and every
// key with a modifier, stays the browser's.
import { expect, test } from 'vitest';
import { Playback } from './playback.ts';
import { playerKey } from './player-keys.ts';
import { buildTimeline, wholeTrack } from './timeline.ts';

const plain = { ctrlKey: false, altKey: false, metaKey: false };
const screen = { reset() {}, resize() {}, write: (_: Uint8Array, done: () => void) => done() };

function player() {
  const timing = new TextEncoder().encode('1.000000 1\n59.000000 1\n');
  const playback = new Playback(wholeTrack(buildTimeline(timing, [], 2), new Uint8Array(2)), screen);
  return { playback, press: (key: string, more = {}) => playerKey(playback, { ...plain, ...more, key }) };
}

test('space plays and pauses', () => {
  const { playback, press } = player();
  expect(press(' ')).toBe(true);
  expect(playback.isPlaying).toBe(true);
  press(' ');
  expect(playback.isPlaying).toBe(false);
});

test('arrows, Home and End move', () => {
  const { playback, press } = player();
  const positions = [
    'ArrowRight',
    'ArrowRight',
    'ArrowLeft',
    'End',
    'ArrowRight',
    'ArrowLeft',
    'Home',
    'ArrowLeft',
  ].map((key) => {
    press(key);
    return playback.positionMs;
  });
  expect(positions).toEqual([5000, 10_000, 5000, 60_000, 60_000, 55_000, 0, 0]);
});

test('comma and full stop go from output to output, and pause', () => {
  const { playback, press } = player();
  playback.play();
  const positions = ['.', '.', '.', ',', ','].map((key) => {
    press(key);
    return playback.positionMs;
  });
  expect(positions).toEqual([1000, 60_000, 60_000, 1000, 0]);
  expect(playback.isPlaying).toBe(false);
});

test.each(['a', 'Tab', 'Enter', 'ArrowUp', 'F5'])('%s is not ours', (key) => {
  expect(player().press(key)).toBe(false);
});

test.each(['ctrlKey', 'altKey', 'metaKey'])('with %s no key is ours', (modifier) => {
  expect(player().press('ArrowLeft', { [modifier]: true })).toBe(false);
});
