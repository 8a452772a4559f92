/**
 * Contract: a frame is in one hand at a time. Memory that came back is used again, however often it came back; what is
 * too large to keep is not handed out.
 */
import { expect, it } from 'vitest';
import { FramePool } from './frame-pool.ts';

const largest = 1 + 32 * 1024;

it('hands out memory again that came back', () => {
  const pool = new FramePool();
  const first = pool.take(largest);
  first?.giveBack();
  const second = pool.take(5);
  expect(second?.frame.buffer).toBe(first?.frame.buffer);
  expect(second?.frame.length).toBe(5);
});

it('never hands out what is still in use, even if it was given back twice', () => {
  const pool = new FramePool();
  const first = pool.take(largest);
  first?.giveBack();
  const second = pool.take(largest);
  first?.giveBack();
  first?.giveBack();
  const third = pool.take(largest);
  expect(third?.frame.buffer).not.toBe(second?.frame.buffer);
});

it('does not pool what is larger than a frame of a flood', () => {
  expect(new FramePool().take(largest + 1)).toBeUndefined();
});

it('keeps a limited number', () => {
  const pool = new FramePool();
  const taken = Array.from({ length: 100 }, () => pool.take(largest));
  for (const frame of taken) frame?.giveBack();
  const before = new Set(taken.map((frame) => frame?.frame.buffer));
  const again = Array.from({ length: 100 }, () => pool.take(largest));
  expect(again.filter((frame) => before.has(frame?.frame.buffer))).toHaveLength(64);
});
