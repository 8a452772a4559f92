// Contract: an index comes back as it was written; whatever bytes somebody puts in its place, a player is told of no
// place outside of the recording, and of no order of moments that cannot be.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeIndexHeader,
  decodeIndexTail,
  encodeIndexHeader,
  encodeIndexTail,
  type IndexHeader,
  type IndexTail,
  indexHeaderBytes,
  type Keyframe,
  keyframeAt,
  maxRestoreBytes,
} from './recording-index.ts';

const first: Keyframe = {
  elapsedMs: 0,
  nextMs: 120.5,
  dataOffset: 0,
  timingOffset: 0,
  eventsOffset: 0,
  columns: 80,
  rows: 24,
  restoreOffset: 96,
  restoreBytes: 0,
};
const second: Keyframe = {
  elapsedMs: 60_000.25,
  nextMs: 61_000,
  dataOffset: 5_000_000_000, // beyond 32 bits
  timingOffset: 70_000,
  eventsOffset: 300,
  columns: 120,
  rows: 40,
  restoreOffset: 96,
  restoreBytes: 4000,
};
const tail: IndexTail = {
  keyframes: [first, second],
  activity: Uint32Array.of(0, 7, 4_000_000_000),
  marks: [
    { at: '2026-03-01T10:00:00.000Z', elapsedMs: 5, offset: 9, type: 'policy', text: 'Köpfe ✓\n' },
    { at: '2026-03-01T10:00:01.000Z', elapsedMs: 9, offset: 9, type: 'resize', columns: 120, rows: 40 },
  ],
};
const encoded = encodeIndexTail(tail);
const header: IndexHeader = {
  durationMs: 90_000.5,
  outputBytes: 6_000_000_000,
  typescriptHeaderBytes: 101,
  timingBytes: 90_000,
  eventsBytes: 400,
  columns: 80,
  rows: 24,
  keyframes: 2,
  buckets: 3,
  bucketMs: 30_001,
  tailOffset: 4096,
  tailBytes: encoded.length,
};

describe('an index', () => {
  it('comes back as it was written', () => {
    expect(decodeIndexHeader(encodeIndexHeader(header))).toEqual(header);
    expect(decodeIndexTail(header, encoded)).toEqual(tail);
  });

  it('comes back from within a larger piece of memory', () => {
    const larger = new Uint8Array(indexHeaderBytes + 13);
    larger.set(encodeIndexHeader(header), 7);
    expect(decodeIndexHeader(larger.subarray(7))).toEqual(header);
  });

  it('of another version or kind is none', () => {
    const other = encodeIndexHeader(header);
    other[8] = 2;
    expect(decodeIndexHeader(other)).toBeUndefined();
    expect(decodeIndexHeader(encodeIndexHeader(header).subarray(1))).toBeUndefined();
    expect(decodeIndexHeader(new Uint8Array(indexHeaderBytes))).toBeUndefined();
  });

  it.each<[string, Partial<IndexHeader>]>([
    ['no keyframe at all', { keyframes: 0 }],
    ['more keyframes than its tail holds', { keyframes: 100 }],
    ['a tail that would fill the memory', { tailBytes: 0xffff_ffff }],
    ['a tail within the header', { tailOffset: 10 }],
    ['a duration that is no number', { durationMs: Number.NaN }],
    ['an endless duration', { durationMs: Number.POSITIVE_INFINITY }],
    ['output of less than nothing', { outputBytes: -1 }],
    ['half a byte', { timingBytes: 0.5 }],
    ['a screen without columns', { columns: 0 }],
    ['a screen that is too large', { rows: 2001 }],
    ['a screen that is far too large', { columns: 70_000 }],
    ['buckets of no time', { bucketMs: 0 }],
  ])('with %s is none', (_, wrong) => {
    expect(decodeIndexHeader(encodeIndexHeader({ ...header, ...wrong }))).toBeUndefined();
  });

  it.each<[string, Partial<Keyframe>]>([
    ['before the one before', { elapsedMs: -1 }],
    ['after the end of the recording', { nextMs: 1e9 }],
    ['with a next step before itself', { nextMs: 5 }],
    ['beyond the output', { dataOffset: 7_000_000_000 }],
    ['where the one before is', { dataOffset: 0 }],
    ['beyond the timing', { timingOffset: 90_001 }],
    ['beyond the events', { eventsOffset: 401 }],
    ['whose screen is in the tail', { restoreOffset: 4096, restoreBytes: 1 }],
    ['whose screen is before the file', { restoreOffset: -5 }],
    ['whose screen is in the header', { restoreOffset: 95 }],
    ['whose screen is larger than the file', { restoreBytes: 0xffff_ffff }],
    ['without rows', { rows: 0 }],
    ['of a size that nobody sees', { columns: 2001 }],
    ['at no number', { elapsedMs: Number.NaN }],
  ])('with a keyframe %s is none', (_, wrong) => {
    const bytes = encodeIndexTail({ ...tail, keyframes: [first, { ...second, ...wrong }] });
    expect(decodeIndexTail(header, bytes)).toBeUndefined();
  });

  it('with a screen that would fill the memory is none', () => {
    const large = { ...header, tailOffset: 4_000_000_000 };
    const of = (restoreBytes: number) => encodeIndexTail({ ...tail, keyframes: [first, { ...second, restoreBytes }] });
    expect(decodeIndexTail(large, of(maxRestoreBytes))).toBeDefined();
    expect(decodeIndexTail(large, of(maxRestoreBytes + 1))).toBeUndefined();
  });

  it('begins at the beginning', () => {
    const bytes = encodeIndexTail({ ...tail, keyframes: [{ ...first, dataOffset: 1 }, second] });
    expect(decodeIndexTail(header, bytes)).toBeUndefined();
  });

  it('that was cut is none', () => {
    expect(decodeIndexTail(header, encoded.subarray(0, -1))).toBeUndefined();
  });

  it('attack: random bytes give nothing that is out of bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: encoded.length, maxLength: encoded.length }), fc.nat(), (noise, at) => {
        const bytes = encoded.map((byte, i) => (i % 37 === at % 37 ? (noise[i] ?? byte) : byte));
        for (const keyframe of decodeIndexTail(header, bytes)?.keyframes ?? []) {
          expect(keyframe.dataOffset).toBeLessThanOrEqual(header.outputBytes);
          expect(keyframe.restoreOffset + keyframe.restoreBytes).toBeLessThanOrEqual(header.tailOffset);
          expect(keyframe.elapsedMs).toBeLessThanOrEqual(header.durationMs);
        }
      }),
    );
  });
});

it('a moment is found by the last keyframe that is not after it', () => {
  const keyframes = [0, 10, 10, 30].map((elapsedMs) => ({ elapsedMs }));
  expect([-5, 0, 9.9, 10, 29, 30, 1e9].map((ms) => keyframeAt(keyframes, ms))).toEqual([0, 0, 0, 2, 2, 3, 3]);
  expect(keyframeAt([], 5)).toBe(0);
});
