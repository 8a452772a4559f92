/*
 * A body that must be read before it can be verified is held in memory: so much a request, so much in all, and what is
 * beyond is refused before it is read where its length is known. Whatever happens, the room comes back.
 */
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../testing/signers.ts';
import { mebibyte, roomFor } from './room.ts';
import { readWhole } from './whole-body.ts';

const block = 64 * 1024;
const of = (...pieces: Buffer[]) => Readable.from(pieces, { objectMode: false });

describe('a body that fits', () => {
  test('is read and hashed, whatever pieces it arrives in', async () => {
    const piece = fc.integer({ min: 1, max: 100_000 }).map((size) => Buffer.alloc(size, size));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
        const room = roomFor();
        const whole = Buffer.concat(pieces);
        const body = await readWhole(of(...pieces), { room });
        if (!body.ok) throw new Error(body.refusal);
        expect(Buffer.concat(body.blocks).equals(whole)).toBe(true);
        expect(body).toMatchObject({ bytes: whole.length, hash: sha256(whole) });
        expect(room.taken).toBe(Math.ceil(whole.length / block) * block);
        body.release();
        body.release();
        expect(room.taken).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('costs no more for arriving byte by byte', async () => {
    const room = roomFor();
    const body = await readWhole(of(...Array.from({ length: 5000 }, () => Buffer.from('a'))), { room });
    expect(body).toMatchObject({ ok: true, bytes: 5000, blocks: { length: 1 } });
    expect(room.taken).toBe(block);
  });

  test('may be as large as the bound, and not one byte larger', async () => {
    const read = (bytes: number) => readWhole(of(Buffer.alloc(bytes)), { room: roomFor(), mostBytes: 1000 });
    expect(await read(1000)).toMatchObject({ ok: true, bytes: 1000 });
    expect(await read(1001)).toEqual({ ok: false, refusal: 'body_too_large' });
  });
});

describe('a body that does not fit', () => {
  test('is refused unread where its length is said: more than 96 MiB', async () => {
    const room = roomFor();
    const source = new PassThrough();
    source.write('some');
    expect(await readWhole(source, { room, declared: 96 * mebibyte + 1 })).toEqual({
      ok: false,
      refusal: 'body_too_large',
    });
    expect([source.readableLength, source.destroyed, room.taken]).toEqual([4, false, 0]);
  });

  test('is left open for an answer, and the room comes back', async () => {
    const room = roomFor();
    const source = new PassThrough();
    source.write(Buffer.alloc(2000));
    expect(await readWhole(source, { room, mostBytes: 1000 })).toEqual({ ok: false, refusal: 'body_too_large' });
    expect([source.destroyed, room.taken]).toEqual([false, 0]);
  });

  test('is refused when all bodies together are too large, and only until one of them is gone', async () => {
    const room = roomFor(4 * block);
    const read = (blocks: number) => readWhole(of(Buffer.alloc(blocks * block)), { room });
    const first = await read(3);
    expect(await read(2)).toEqual({ ok: false, refusal: 'bodies_too_large' });
    expect(room.taken).toBe(3 * block);
    if (first.ok) first.release();
    expect(await read(2)).toMatchObject({ ok: true });
  });

  test('256 MiB is what there is in all', () => {
    const room = roomFor();
    expect([room.take(256 * mebibyte), room.take(1), room.taken]).toEqual([true, false, 256 * mebibyte]);
  });
});

test('a transfer that is cut gives the room back and fails as it did', async () => {
  const room = roomFor();
  const source = new PassThrough();
  source.write(Buffer.alloc(1000));
  const reading = readWhole(source, { room });
  source.once('drain', () => undefined);
  setImmediate(() => source.destroy(new Error('cut')));
  await expect(reading).rejects.toThrow('cut');
  expect(room.taken).toBe(0);
});
