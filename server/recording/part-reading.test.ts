/** The contract: files of any size are read in bounded memory, and no bytes are taken for a record that they are not. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashRange, type Line, readLines, readRange, readSmall } from './part-reading.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-reading-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function linesOf(bytes: Uint8Array, from = 0): Promise<Line[]> {
  const path = join(folder, 'lines');
  await writeFile(path, bytes);
  const file = await open(path);
  try {
    const lines: Line[] = [];
    for await (const line of readLines(file, from)) lines.push(line);
    return lines;
  } finally {
    await file.close();
  }
}

describe('lines', () => {
  it('end where they end in the file, also across the pieces that are read', async () => {
    const long = 'é'.repeat(200_000);
    const text = `first\n${long}\n\nlast, not whole`;
    const lines = await linesOf(Buffer.from(text));
    expect(lines.map(({ whole }) => whole)).toEqual([true, true, true, false]);
    expect(lines.map(({ text: found }) => found)).toEqual(['first', long, '', '']);
    expect(lines.map(({ end }) => end)).toEqual([6, 400_007, 400_008, 400_008 + 15]);
  });

  it('are those of the text, wherever they are read from', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n')));
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(20), async (all, skip) => {
        const whole = Buffer.from(all.map((text) => `${text}\n`).join(''));
        const skipped = all.slice(0, skip);
        const from = Buffer.byteLength(skipped.map((text) => `${text}\n`).join(''));
        expect((await linesOf(whole, from)).map(({ text }) => text)).toEqual(all.slice(skip));
      }),
      { numRuns: 30 },
    );
  });

  it('that are no UTF-8 are not repaired into ones that are', async () => {
    const [bad, good] = await linesOf(Buffer.from([0x7b, 0xff, 0x7d, 0x0a, 0x7b, 0x7d, 0x0a]));
    expect(bad).toEqual({ text: '\0', end: 4, whole: true });
    expect(good?.text).toBe('{}');
  });

  it('that never end are given up instead of held', async () => {
    const lines = await linesOf(Buffer.alloc(6 * 1024 * 1024, 'x'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ text: '', whole: false });
  });
});

describe('ranges', () => {
  it('are hashed as far as the file goes', async () => {
    const path = join(folder, 'range');
    await writeFile(path, 'abcdef');
    const file = await open(path);
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(await hashRange(file, 0, 3)).toEqual({ sha256: abc, bytes: 3 });
    expect(await hashRange(file, 4, 100)).toMatchObject({ bytes: 2 });
    expect(await hashRange(file, 3, 3)).toEqual({ sha256: nothing, bytes: 0 });
    expect(await hashRange(file, 50, 60)).toEqual({ sha256: nothing, bytes: 0 });
    const pieces: string[] = [];
    for await (const piece of readRange(file, 1, 5)) pieces.push(Buffer.from(piece).toString());
    expect(pieces.join('')).toBe('bcde');
    expect(await readSmall(file, 6)).toBe('abcdef');
    await expect(readSmall(file, 5)).rejects.toThrow(/larger than 5 bytes/);
    await file.close();
  });
});
