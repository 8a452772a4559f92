// Contract: acknowledgements are cumulative bytes that were *parsed*; never further apart than ackEveryBytes plus one
// write, always one when nothing is left, and the last one equals what was received.
import { expect, test } from 'vitest';
import { ackEveryBytes, resumeBelowBytes } from '#server/protocol/terminal-frames.ts';
import { AckCounter } from './ack-counter.ts';

function counter() {
  const acks: number[] = [];
  return { acks, count: new AckCounter((parsed) => acks.push(parsed)) };
}

test('an echo is acknowledged as soon as it is parsed, not when it arrives', () => {
  const { acks, count } = counter();
  count.received(1);
  expect(acks).toEqual([]);
  count.parsed(1);
  expect(acks).toEqual([1]);
});

test('a flood is acknowledged at least every ackEveryBytes, well below where the gateway resumes', () => {
  const { acks, count } = counter();
  const writes = 1000;
  const size = 4700;
  count.received(writes * size);
  for (let i = 0; i < writes; i += 1) count.parsed(size);
  const steps = acks.map((ack, i) => ack - (acks[i - 1] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(ackEveryBytes + size);
  expect(Math.max(...steps)).toBeLessThan(resumeBelowBytes);
  expect(acks.at(-1)).toBe(writes * size);
});

test('acknowledgements only ever grow', () => {
  const { acks, count } = counter();
  for (let i = 1; i <= 50; i += 1) {
    count.received(i * 3000);
    count.parsed(i * 3000);
  }
  expect(acks).toEqual([...acks].sort((a, b) => a - b));
  expect(new Set(acks).size).toBe(acks.length);
});
