/** The contract: two programs that hold the same value write the same text, and no text hides a second reading. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from './canonical-json.ts';

describe('canonical JSON', () => {
  it.each<[Json, string]>([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: undefined, b: { d: 1, c: 2 } }, '{"b":{"c":2,"d":1}}'],
    [{ é: 'é', Z: '\u2028\n"\\', a: '😀' }, '{"Z":"\u2028\\n\\"\\\\","a":"😀","é":"é"}'],
    [{ 10: 'x', 9: 'y' }, '{"10":"x","9":"y"}'],
    [-0, '0'],
    ['\ud800', '"\\ud800"'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });

  it('does not depend on the order of members, and keeps the value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        const text = canonicalJson(value as Json);
        expect(canonicalJson(reversed as Json)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
