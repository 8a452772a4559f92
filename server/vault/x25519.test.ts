/*
 * The agreement of RFC 7748: its own example comes out, both sides arrive at one secret, and a point that would give away
 * a known secret gives none at all. Whatever bytes come from the database, the answer is a secret or nothing.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agree, newKeyPair } from './x25519.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

test('the example of RFC 7748, 6.1', () => {
  const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
  const bobsPublic = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  expect(agree(alice, bobsPublic)?.toString('hex')).toBe(
    '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  );
});

test('both sides arrive at the same secret, and no two pairs at one', () => {
  const [one, two, three] = [newKeyPair(), newKeyPair(), newKeyPair()];
  const secret = agree(one.privateKey, two.publicKey);
  expect(secret).toHaveLength(32);
  expect(agree(two.privateKey, one.publicKey)).toEqual(secret);
  expect(agree(three.privateKey, two.publicKey)).not.toEqual(secret);
});

test('points of small order give no secret', () => {
  const { privateKey } = newKeyPair();
  const one = Buffer.alloc(32);
  one[0] = 1;
  const orderEight = hex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800');
  for (const point of [Buffer.alloc(32), one, orderEight]) expect(agree(privateKey, point)).toBeUndefined();
});

test('any bytes give a secret or nothing, and never an error', () => {
  const { privateKey } = newKeyPair();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const secret = agree(privateKey, bytes);
      expect(secret === undefined || secret.length === 32).toBe(true);
      if (bytes.length !== 32) expect(secret).toBeUndefined();
    }),
  );
});
