/*
 * A body whose hash was signed goes on while it is hashed, and its end only when the hash is right: whoever receives it
 * has less than was announced as long as it might be another body.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../testing/signers.ts';
import { BodyRefused } from './body-refused.ts';
import { ComparedBody } from './compared-body.ts';

async function through(pieces: Buffer[], expected: string) {
  const body = new ComparedBody(expected);
  const out: Buffer[] = [];
  body.on('data', (piece: Buffer) => out.push(piece));
  const refusal = await pipeline(Readable.from(pieces, { objectMode: false }), body).catch((error: unknown) => {
    if (error instanceof BodyRefused) return error.refusal;
    throw error;
  });
  return { out: Buffer.concat(out), refusal };
}

const pieces = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 6 },
);

test('the signed body comes out whole', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, async (sent) => {
      const whole = Buffer.concat(sent);
      const { out, refusal } = await through(sent, sha256(whole));
      expect(refusal).toBeUndefined();
      expect(out.equals(whole)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('any other is refused, and never comes out whole', async () => {
  const some = pieces.filter((sent) => sent.length > 0);
  await fc.assert(
    fc.asyncProperty(some, fc.nat(), fc.integer({ min: 0, max: 7 }), async (sent, where, bit) => {
      const whole = Buffer.concat(sent);
      const hash = sha256(whole);
      const piece = sent[where % sent.length] ?? whole;
      piece[where % piece.length]! ^= 1 << bit;
      const { out, refusal } = await through(sent, hash);
      expect(refusal).toBe('payload_hash');
      expect(out.length).toBeLessThan(whole.length);
    }),
    { numRuns: 300 },
  );
});

test('one that ends early is refused', async () => {
  const { refusal } = await through([Buffer.from('hell')], sha256('hello'));
  expect(refusal).toBe('payload_hash');
});
