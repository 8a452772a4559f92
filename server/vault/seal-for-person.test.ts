/*
 * What is sealed for a person opens with their private key, for the purpose it was sealed for, and only while every byte
 * is as it was. The server alone cannot open it, with the whole database and the keyring in its hands; neither can another
 * person, or whoever edits rows.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testKeyring } from '../../db/testing/context.ts';
import { newId, type PersonId } from '../ids.ts';
import { openForSystem } from './open.ts';
import { openForPerson, sealForPerson } from './seal-for-person.ts';
import type { SealedSecret } from './sealed-secret.ts';
import { newKeyPair } from './x25519.ts';

const aPerson = () => ({ personId: newId<PersonId>(), ...newKeyPair() });
const owner = aPerson();
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
        const opened = openForPerson(owner, purpose, sealForPerson(owner, purpose, plaintext));
        expect(opened.ok && Buffer.compare(opened.plaintext, plaintext)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('has exactly one recipient, the person, and needs only their public key', () => {
    const { personId, publicKey } = owner;
    const { recipients } = sealForPerson({ personId, publicKey }, 'p', text);
    expect(recipients).toEqual([{ kind: 'person', keyId: personId, wrappedKey: expect.any(Buffer) }]);
  });

  test('the same text sealed twice shares nothing, the pair that wraps it included', () => {
    const [one, two] = [sealForPerson(owner, 'p', text), sealForPerson(owner, 'p', text)];
    expect(one.ciphertext).not.toEqual(two.ciphertext);
    const ephemeral = (secret: SealedSecret) => recipientOf(secret).wrappedKey.subarray(0, 32);
    expect(ephemeral(one)).not.toEqual(ephemeral(two));
  });

  test('a public key that leads nowhere is refused', () => {
    expect(() => sealForPerson({ ...owner, publicKey: Buffer.alloc(32) }, 'p', text)).toThrow(TypeError);
    expect(() => sealForPerson({ ...owner, publicKey: Buffer.alloc(31) }, 'p', text)).toThrow(TypeError);
  });
});

describe('somebody else', () => {
  const secret = sealForPerson(owner, 'p', text);

  test('the server with its keyring opens nothing, even when it calls the wrapped key its own', () => {
    const keyring = testKeyring();
    expect(openForSystem(keyring, 'p', secret)).toEqual({ ok: false, why: 'not_for_us' });
    const claimed = { ...recipientOf(secret), kind: 'system' as const, keyId: keyring.system.id };
    expect(openForSystem(keyring, 'p', { ...secret, recipients: [claimed] })).toEqual(altered);
  });

  test('another person opens nothing, whatever name the row gives them', () => {
    const other = aPerson();
    expect(openForPerson(other, 'p', secret)).toEqual({ ok: false, why: 'not_for_us' });
    const renamed = { ...secret, recipients: [{ ...recipientOf(secret), keyId: other.personId }] };
    expect(openForPerson(other, 'p', renamed)).toEqual(altered);
    expect(openForPerson({ ...other, personId: owner.personId }, 'p', secret)).toEqual(altered);
  });

  test('the owner with a new key pair opens nothing of the old one', () => {
    expect(openForPerson({ ...owner, ...newKeyPair() }, 'p', secret)).toEqual(altered);
  });
});

describe('an attacker who edits rows', () => {
  const secret = sealForPerson(owner, 'credential/a', text);
  const other = sealForPerson(owner, 'credential/b', Buffer.from('the password of b'));
  const open = (changed: Partial<SealedSecret>, purpose = 'credential/a') =>
    openForPerson(owner, purpose, { ...secret, ...changed });

  test('cannot flip a single bit', () => {
    for (let bit = 0; bit < secret.ciphertext.length * 8; bit++) {
      expect(open({ ciphertext: flipped(secret.ciphertext, bit) })).toEqual(altered);
    }
    for (let bit = 0; bit < secret.nonce.length * 8; bit++) {
      expect(open({ nonce: flipped(secret.nonce, bit) })).toEqual(altered);
    }
    const { wrappedKey } = recipientOf(secret);
    for (let bit = 0; bit < wrappedKey.length * 8; bit++) {
      expect(openForPerson(owner, 'credential/a', withWrappedKey(secret, flipped(wrappedKey, bit)))).toEqual(altered);
    }
  });

  test('cannot cut or lengthen the wrapped key, or put a point of small order before it', () => {
    const { wrappedKey } = recipientOf(secret);
    for (const cut of [0, 1, 31, 32, 47, 48, 79]) {
      expect(openForPerson(owner, 'credential/a', withWrappedKey(secret, wrappedKey.subarray(0, cut)))).toEqual(
        altered,
      );
    }
    const longer = Buffer.concat([wrappedKey, Buffer.alloc(1)]);
    expect(openForPerson(owner, 'credential/a', withWrappedKey(secret, longer))).toEqual(altered);
    const zero = Buffer.concat([Buffer.alloc(32), wrappedKey.subarray(32)]);
    expect(openForPerson(owner, 'credential/a', withWrappedKey(secret, zero))).toEqual(altered);
    expect(openForPerson(owner, 'credential/a', withWrappedKey(secret, randomBytes(80)))).toEqual(altered);
  });

  test('cannot put parts of another secret of the same person into this one', () => {
    const { nonce, ciphertext, recipients } = other;
    expect(open({}, 'credential/b')).toEqual(altered);
    expect(open({ purpose: 'credential/b' }, 'credential/b')).toEqual(altered);
    expect(open({ nonce, ciphertext })).toEqual(altered);
    expect(open({ recipients })).toEqual(altered);
    expect(open({ nonce, ciphertext, recipients })).toEqual(altered);
    expect(open({ id: other.id })).toEqual(altered);
  });
});
