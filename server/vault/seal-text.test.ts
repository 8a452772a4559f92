/**
 * Contract: a sealed text is in none of the columns it makes, opens for its own purpose and its own keyring alone, and as
 * a whole or not at all. What cannot be opened is `undefined`, whatever was done to it, and never throws.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testKeyring } from '../../db/testing/context.ts';
import { openText, sealText } from './seal-text.ts';

const keyring = testKeyring();
const secret = 'the token of an identity system';
const purpose = 'end-session/0190b6a0';

test('opens as it was sealed, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (text, about) => {
      const whole = Buffer.from(text, 'utf8').toString('utf8'); // Half a surrogate pair is no character.
      expect(openText(keyring, about, sealText(keyring, about, text))).toBe(whole);
    }),
  );
});

test('is seen nowhere, and each time looks different', () => {
  const [one, other] = [sealText(keyring, purpose, secret), sealText(keyring, purpose, secret)];
  for (const form of [secret, Buffer.from(secret).toString('base64url'), Buffer.from(secret).toString('hex')]) {
    expect(JSON.stringify([one, other])).not.toContain(form);
  }
  for (const part of ['id', 'nonce', 'ciphertext', 'wrappedKey'] as const) expect(one[part]).not.toBe(other[part]);
  expect(JSON.parse(JSON.stringify(one))).toEqual(one);
});

test('opens for no other purpose, and for no other keyring, whatever that one is called', () => {
  const sealed = sealText(keyring, purpose, secret);
  expect(openText(keyring, 'end-session/another', sealed)).toBeUndefined();
  expect(openText(keyring, '', sealed)).toBeUndefined();
  expect(openText(testKeyring(), purpose, sealed)).toBeUndefined();
  expect(openText(keyring, purpose, { ...sealed, keyId: 'another' })).toBeUndefined();
});

test('cannot be put together from two, nor changed in a single bit', () => {
  const [one, other] = [sealText(keyring, purpose, secret), sealText(keyring, purpose, 'something else')];
  for (const part of ['id', 'nonce', 'ciphertext', 'wrappedKey'] as const) {
    expect(openText(keyring, purpose, { ...one, [part]: other[part] }), part).toBeUndefined();
  }
  const parts = fc.constantFrom('nonce', 'ciphertext', 'wrappedKey');
  fc.assert(
    fc.property(parts, fc.nat(), fc.integer({ min: 0, max: 7 }), (part, at, bit) => {
      const bytes = Buffer.from(one[part as 'nonce'], 'base64url');
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
      expect(openText(keyring, purpose, { ...one, [part]: bytes.toString('base64url') })).toBeUndefined();
    }),
  );
});

test('is not opened from garbage, and nothing is thrown', () => {
  const garbage = fc.record({
    id: fc.string(),
    nonce: fc.string(),
    ciphertext: fc.string(),
    keyId: fc.oneof(fc.constant(keyring.system.id), fc.string()),
    wrappedKey: fc.string(),
  });
  fc.assert(
    fc.property(garbage, (sealed) => {
      expect(openText(keyring, purpose, sealed)).toBeUndefined();
    }),
  );
});
