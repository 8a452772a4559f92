/**
 * Contract: after a quiet moment output leaves in the same turn; while more keeps coming it is gathered for a moment or
 * up to 32 KiB; no byte is lost, doubled or moved.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decodeServerFrame } from '../protocol/terminal-frames.ts';
import { OutputCoalescer } from './output-coalescer.ts';

let nowMs = 0;
let frames: { text: string; bytes: number }[] = [];
let output: OutputCoalescer;

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 1_000;
  frames = [];
  output = new OutputCoalescer(
    (frame, bytes) => {
      const decoded = decodeServerFrame(frame);
      if (decoded?.type !== 'data') throw new Error('not a data frame');
      frames.push({ text: Buffer.from(decoded.bytes).toString('latin1'), bytes });
    },
    () => nowMs,
  );
});
afterEach(() => {
  output.stop();
  vi.useRealTimers();
});

const texts = () => frames.map(({ text }) => text);
function pass(ms: number): void {
  nowMs += ms;
  vi.advanceTimersByTime(ms);
}

it('sends at once when it was quiet', () => {
  output.add(Buffer.from('a'));
  expect(frames).toEqual([{ text: 'a', bytes: 1 }]);
  pass(2);
  output.add(Buffer.from('b'));
  expect(texts()).toEqual(['a', 'b']);
});

it('gathers what follows closely', () => {
  for (const text of ['a', 'b', 'c']) output.add(Buffer.from(text));
  expect(texts()).toEqual(['a']);
  pass(2);
  expect(texts()).toEqual(['a', 'bc']);
  output.add(Buffer.from('d'));
  expect(texts()).toEqual(['a', 'bc']);
  pass(2);
  expect(texts()).toEqual(['a', 'bc', 'd']);
});

it('sends frames of at most 32 KiB, unless one piece is larger', () => {
  output.add(Buffer.alloc(1));
  for (let i = 0; i < 8; i += 1) output.add(Buffer.alloc(10_000));
  output.add(Buffer.alloc(100_000));
  output.flush();
  expect(frames.map(({ bytes }) => bytes)).toEqual([1, 30_000, 30_000, 20_000, 100_000]);
});

it('can be hurried, and sends nothing empty', () => {
  output.add(new Uint8Array());
  output.flush();
  expect(frames).toEqual([]);
  output.add(Buffer.from('a'));
  output.add(Buffer.from('b'));
  output.flush();
  expect(texts()).toEqual(['a', 'b']);
  pass(10);
  expect(texts()).toEqual(['a', 'b']);
});

it('keeps every byte in order, whatever comes when', () => {
  const steps = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40_000 }), fc.nat({ max: 4 })), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (given) => {
      frames = [];
      for (const [bytes, ms] of given) {
        output.add(bytes);
        pass(ms);
      }
      output.flush();
      pass(10);
      const expected = Buffer.concat(given.map(([bytes]) => bytes)).toString('latin1');
      expect(texts().join('')).toBe(expected);
    }),
    { numRuns: 30 },
  );
});
