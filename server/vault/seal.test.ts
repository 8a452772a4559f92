/*
 * A sealed secret opens only with the keyring it was sealed for, for the purpose it was sealed for, and only while every
 * byte of it is as it was. Somebody who can write to the database, but has no keyring, gains nothing by editing rows or
 * by putting one in the place of another.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId } from '../ids.ts';
import type { Keyring } from './keyring.ts';
import { openForSystem } from './open.ts';
import { sealForSystem } from './seal.ts';
import type { SealedSecret } from './sealed-secret.ts';

function keyring(id = newId<string>(), key: Uint8Array = randomBytes(32)): Keyring {
  const recording = { id: 'r', privateKeyPem: '', publicKeyPem: '' };
  return { system: { id, key }, otherSystemKeys: [], recording, authSecret: '' };
}

const mine = keyring();
const text = Buffer.from('correct horse battery staple');
const altered = { ok: false, why: 'altered' };

function recipientOf(secret: SealedSecret) {
  return secret.recipients[0]!;
}

function withWrappedKey(secret: SealedSecret, wrappedKey: Uint8Array): SealedSecret {
  return { ...secret, recipients: [{ ...recipientOf(secret), wrappedKey }] };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

describe('sealing', () => {
  test('what was sealed opens as it was, whatever its bytes and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.string(), (plaintext, purpose) => {
        const opened = openForSystem(mine, purpose, sealForSystem(mine, purpose, plaintext));
        expect(opened.ok && Buffer.compare(opened.plaintext, plaintext)).toBe(0);
      }),
    );
  });

  test('the same text sealed twice shares no id, nonce, data key or ciphertext', () => {
    const [one, two] = [sealForSystem(mine, 'p', text), sealForSystem(mine, 'p', text)];
    expect(one.id).not.toBe(two.id);
    expect(one.nonce).not.toEqual(two.nonce);
    expect(one.ciphertext).not.toEqual(two.ciphertext);
    expect(recipientOf(one).wrappedKey).not.toEqual(recipientOf(two).wrappedKey);
  });

  test('neither the text nor the system key is in what is stored', () => {
    const stored = JSON.stringify(sealForSystem(mine, 'p', text), (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    expect(stored).not.toContain(text.toString());
    expect(stored).not.toContain(Buffer.from(mine.system.key).toString('latin1'));
  });

  test('the plaintext of the caller is left alone, so that the caller decides when to overwrite it', () => {
    const own = Buffer.from(text);
    sealForSystem(mine, 'p', own);
    expect(own).toEqual(text);
  });
});

describe('a wrong key', () => {
  const secret = sealForSystem(mine, 'p', text);

  test('of another keyring: the secret is not for it', () => {
    expect(openForSystem(keyring(), 'p', secret)).toEqual({ ok: false, why: 'not_for_us' });
  });

  test('under the right name: nothing opens', () => {
    expect(openForSystem(keyring(mine.system.id), 'p', secret)).toEqual(altered);
  });

  test('a recipient renamed to a key that we hold does not make it ours', () => {
    const other = keyring();
    const renamed = { ...secret, recipients: [{ ...recipientOf(secret), keyId: other.system.id }] };
    expect(openForSystem(other, 'p', renamed)).toEqual(altered);
  });

  test('a key wrapped for a person is not opened as the system', () => {
    const personal: SealedSecret = { ...secret, recipients: [{ ...recipientOf(secret), kind: 'person' }] };
    expect(openForSystem(mine, 'p', personal)).toEqual({ ok: false, why: 'not_for_us' });
  });

  test('a secret without recipients does not open', () => {
    expect(openForSystem(mine, 'p', { ...secret, recipients: [] })).toEqual({ ok: false, why: 'not_for_us' });
  });
});

describe('an attacker who edits rows', () => {
  const secret = sealForSystem(mine, 'credential/a', text);
  const other = sealForSystem(mine, 'credential/b', Buffer.from('the password of b'));

  test('cannot flip a single bit of ciphertext, nonce or wrapped key', () => {
    for (let bit = 0; bit < secret.ciphertext.length * 8; bit++) {
      expect(openForSystem(mine, 'credential/a', { ...secret, ciphertext: flipped(secret.ciphertext, bit) })).toEqual(
        altered,
      );
    }
    for (let bit = 0; bit < secret.nonce.length * 8; bit++) {
      expect(openForSystem(mine, 'credential/a', { ...secret, nonce: flipped(secret.nonce, bit) })).toEqual(altered);
    }
    const { wrappedKey } = recipientOf(secret);
    for (let bit = 0; bit < wrappedKey.length * 8; bit++) {
      expect(openForSystem(mine, 'credential/a', withWrappedKey(secret, flipped(wrappedKey, bit)))).toEqual(altered);
    }
  });

  test('cannot cut or lengthen any part, down to nothing', () => {
    for (const cut of [0, 1, 11, 12, 15, 16, 28, 59]) {
      const part = (bytes: Uint8Array) => bytes.subarray(0, Math.min(cut, bytes.length - 1));
      expect(openForSystem(mine, 'credential/a', { ...secret, ciphertext: part(secret.ciphertext) })).toEqual(altered);
      expect(openForSystem(mine, 'credential/a', { ...secret, nonce: part(secret.nonce) })).toEqual(altered);
      expect(openForSystem(mine, 'credential/a', withWrappedKey(secret, part(recipientOf(secret).wrappedKey)))).toEqual(
        altered,
      );
    }
    const longer = Buffer.concat([secret.ciphertext, Buffer.alloc(1)]);
    expect(openForSystem(mine, 'credential/a', { ...secret, ciphertext: longer })).toEqual(altered);
  });

  test('cannot point a credential to the secret of another', () => {
    expect(openForSystem(mine, 'credential/b', secret)).toEqual(altered);
    expect(openForSystem(mine, 'credential/b', { ...secret, purpose: 'credential/b' })).toEqual(altered);
  });

  test('cannot put the text, the wrapped key or the id of another secret into this one', () => {
    const { nonce, ciphertext, recipients } = other;
    expect(openForSystem(mine, 'credential/a', { ...secret, nonce, ciphertext })).toEqual(altered);
    expect(openForSystem(mine, 'credential/a', { ...secret, recipients })).toEqual(altered);
    expect(openForSystem(mine, 'credential/a', { ...secret, nonce, ciphertext, recipients })).toEqual(altered);
    expect(openForSystem(mine, 'credential/a', { ...secret, id: other.id })).toEqual(altered);
  });
});
