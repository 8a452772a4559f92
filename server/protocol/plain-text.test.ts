// Contract: whatever text comes from outside, nothing of it moves a cursor, breaks a line or turns the direction of
// reading; and JSON that was made harmless is the same JSON.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine, jsonLines, plainText } from './plain-text.ts';

const hostile = ['\u001b[2J', '\u009b31m', 'a\r\nb', '\u202egnp.exe', '\u2028', '\u0007', '\u{e0041}', '\u007f'];
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

describe('plainText', () => {
  it.each(hostile)('disarms %j', (text) => {
    expect(plainText(`x${text}y`)).not.toMatch(unprintable);
  });

  it('leaves what people write alone', () => {
    expect(plainText('Łovelace “名前” 🙂 <b>&')).toBe('Łovelace “名前” 🙂 <b>&');
  });
});

describe('jsonLine', () => {
  it.each(hostile)('disarms %j and keeps it', (text) => {
    const line = jsonLine({ text });
    expect(line).not.toMatch(unprintable);
    expect(JSON.parse(line)).toEqual({ text });
  });

  it('keeps any value, on one line or on several', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(jsonLine(value))).toEqual(plain);
        expect(JSON.parse(jsonLines(value))).toEqual(plain);
        expect(jsonLine(value)).not.toMatch(unprintable);
        expect(jsonLines(value).replaceAll('\n', '')).not.toMatch(unprintable);
      }),
    );
  });
});
