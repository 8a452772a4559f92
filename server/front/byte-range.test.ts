// Contract: a single satisfiable range is a part of the file, never beyond it; one that begins past the end is refused;
// everything else, however odd, is answered with the whole.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPiece, parseByteRange } from './byte-range.ts';

describe('a range of 100 bytes', () => {
  it.each<[string | undefined, unknown]>([
    [undefined, 'all'],
    ['bytes=0-9', { from: 0, last: 9 }],
    ['bytes=90-', { from: 90, last: 99 }],
    ['bytes=90-1000', { from: 90, last: 99 }],
    ['bytes=-10', { from: 90, last: 99 }],
    ['bytes=-1000', { from: 0, last: 99 }],
    ['bytes=99-99', { from: 99, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-0', 'all'],
    ['bytes=-', 'all'],
    ['bytes=0-1,3-4', 'all'],
    ['bytes=a-b', 'all'],
    ['bytes=-1-2', 'all'],
    ['bytes=1e3-', 'all'],
    ['bytes=99999999999999999999-', 'all'],
    ['items=0-9', 'all'],
    ['', 'all'],
  ])('%s', (header, expected) => {
    expect(parseByteRange(header, 100)).toEqual(expected);
  });

  it('stays within the file for any header', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([from, last]) => `bytes=${from}-${last}`),
      fc.nat().map((n) => `bytes=-${n}`),
    );
    fc.assert(
      fc.property(header, fc.nat({ max: 1_000 }), (text, size) => {
        const range = parseByteRange(text, size);
        if (typeof range === 'string') return;
        expect(range.from).toBeGreaterThanOrEqual(0);
        expect(range.last).toBeGreaterThanOrEqual(range.from);
        expect(range.last).toBeLessThan(size);
      }),
    );
  });
});

it.each([
  ['bytes=0-95', true],
  ['bytes=1000-134218727', true],
  [undefined, false],
  ['', false],
  ['bytes=0-', false],
  ['bytes=-5', false],
  ['bytes=5-4', false],
  ['bytes=0-134217728', false],
  ['bytes=0-999999999999999', false],
  ['bytes=0-1,5-9', false],
  ['lines=0-5', false],
  ['nonsense', false],
])('%s asks for a piece: %s', (header, expected) => {
  expect(isPiece(header)).toBe(expected);
});
