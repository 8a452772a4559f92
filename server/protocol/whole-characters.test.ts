/**
 * Pieces of UTF-8 go on without a cut within a character: nothing is lost or doubled, whatever the bytes are, and a
 * terminal that reads them shows what it shows when all comes at once, however it was cut.
 */
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WholeCharacters } from './whole-characters.ts';

function inPieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

async function shown(pieces: readonly Uint8Array[]): Promise<string> {
  const terminal = new xterm.Terminal({ cols: 80, rows: 4, allowProposedApi: true });
  for (const piece of pieces) await new Promise<void>((done) => terminal.write(piece, done));
  const text = terminal.buffer.active.getLine(0)?.translateToString(true) ?? '';
  terminal.dispose();
  return text;
}

describe('characters', () => {
  test.each(['—', '“', 'က', '€', '漢', '👍', '\u{10000}', 'à', 'e\u0301'])(
    '%s is shown wherever it is cut',
    async (text) => {
      const bytes = Buffer.from(`a${text}b`);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const characters = new WholeCharacters();
        const pieces = inPieces(bytes, [cut]).map((piece) => characters.push(piece));
        expect(await shown(pieces), `cut at ${cut}`).toBe(`a${text}b`);
        expect(characters.heldBytes).toBe(0);
      }
    },
  );

  test('any bytes come out as they went in, and at most three wait', () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60)), (given, cuts) => {
        const characters = new WholeCharacters();
        const out = inPieces(given, cuts).map((piece) => Buffer.from(characters.push(piece)));
        expect(characters.heldBytes).toBeLessThanOrEqual(3);
        const whole = Buffer.concat(out);
        expect(whole.equals(Buffer.from(given).subarray(0, whole.length))).toBe(true);
        expect(whole.length + characters.heldBytes).toBe(given.length);
      }),
    );
  });

  test('no piece of well-formed text ends within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.array(fc.nat(120)), (text, cuts) => {
        const characters = new WholeCharacters();
        const pieces = inPieces(Buffer.from(text), cuts).map((piece) => Buffer.from(characters.push(piece)));
        expect(
          pieces.map((piece) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(piece)).join(''),
        ).toBe(text);
        expect(characters.heldBytes).toBe(0);
      }),
    );
  });

  test('what was kept is a copy, and is forgotten on request', () => {
    const characters = new WholeCharacters();
    const given = Buffer.from([0xe2, 0x80]);
    expect(characters.push(given)).toHaveLength(0);
    given.fill(0);
    expect([...characters.push(Buffer.from([0x94]))]).toEqual([0xe2, 0x80, 0x94]);
    characters.push(Buffer.from([0xe2]));
    characters.reset();
    expect([...characters.push(Buffer.from('x'))]).toEqual([0x78]);
  });
});
