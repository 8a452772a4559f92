/*
 * The private key of a person is sealed under their master password and opens with nothing else. A new password seals the
 * same key again. A row that was altered, moved to somebody else, or made to cost more memory than the machine has opens
 * nothing and harms nothing. A public key that this installation did not attest is told from one that it did.
 */
import { describe, expect, test } from 'vitest';
import { testKeyring } from '../../db/testing/context.ts';
import { newId, type PersonId } from '../ids.ts';
import {
  attestAgain,
  createPersonKey,
  isAttested,
  isSealedCheaply,
  openPrivateKey,
  sealPrivateKey,
} from './person-key.ts';
import { openForPerson, sealForPerson } from './seal-for-person.ts';
import { newKeyPair } from './x25519.ts';

const keyring = testKeyring();
const personId = newId<PersonId>();
const password = 'seven geese over the harbour';
const key = await createPersonKey(keyring, personId, password);

describe('a master password', () => {
  test('opens the key that belongs to the public one', async () => {
    const privateKey = (await openPrivateKey(key, password))!;
    const secret = sealForPerson(key, 'p', Buffer.from('text'));
    const opened = openForPerson({ ...key, privateKey }, 'p', secret);
    expect(opened.ok && opened.plaintext.toString()).toBe('text');
  });

  test('that is another one opens nothing', async () => {
    expect(await openPrivateKey(key, `${password} `)).toBeUndefined();
    expect(await openPrivateKey(key, '')).toBeUndefined();
    expect(await openPrivateKey(key, 'x'.repeat(5000))).toBeUndefined();
  });

  test('is the same however the keyboard composed its letters', async () => {
    const composed = await createPersonKey(keyring, personId, 'caf\u00e9 am fluss');
    expect(await openPrivateKey(composed, 'cafe\u0301 am fluss')).toHaveLength(32);
  });

  test('that is new seals the same key with other salt and nonce, and the old one opens it no more', async () => {
    const privateKey = (await openPrivateKey(key, password))!;
    const changed = await sealPrivateKey(key, privateKey, 'another long password');
    expect(changed.publicKey).toEqual(key.publicKey);
    expect(changed.salt).not.toEqual(key.salt);
    expect(changed.nonce).not.toEqual(key.nonce);
    expect(await openPrivateKey(changed, 'another long password')).toEqual(privateKey);
    expect(await openPrivateKey(changed, password)).toBeUndefined();
  });
});

describe('a row', () => {
  test('holds neither the password nor the private key', async () => {
    const privateKey = (await openPrivateKey(key, password))!;
    const stored = Buffer.concat([key.publicKey, key.sealedPrivateKey, key.salt, key.nonce, key.attestation]);
    expect(stored.includes(privateKey)).toBe(false);
    expect(stored.includes(password)).toBe(false);
  });

  test.each([
    ['another person', { personId: newId<PersonId>() }],
    ['another public key', { publicKey: newKeyPair().publicKey }],
    ['another salt', { salt: Buffer.alloc(16) }],
    ['less cost', { kdf: { memoryKib: 1024, passes: 1, lanes: 1 } }],
  ])('with %s opens nothing', async (_, change) => {
    expect(await openPrivateKey({ ...key, ...change }, password)).toBeUndefined();
  });

  test.each([
    { memoryKib: 2 ** 31, passes: 3, lanes: 1 },
    { memoryKib: 65_536, passes: 1e9, lanes: 1 },
    { memoryKib: 65_536, passes: 3, lanes: 255 },
    { memoryKib: 0.5, passes: 3, lanes: 1 },
  ])('that asks for too much is refused at once: %o', async (kdf) => {
    const started = performance.now();
    expect(await openPrivateKey({ ...key, kdf }, password)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(50);
  });

  test('is at least as dear as what OWASP asks for, and one that was cheaper is noticed', () => {
    expect(key.kdf.memoryKib).toBeGreaterThanOrEqual(47_104);
    expect(isSealedCheaply(key)).toBe(false);
    expect(isSealedCheaply({ ...key, kdf: { memoryKib: 47_104, passes: 1, lanes: 1 } })).toBe(true);
  });
});

describe('attestation', () => {
  test('holds for this person and this public key only', () => {
    expect(isAttested(keyring, key)).toBe(true);
    expect(isAttested(keyring, { ...key, publicKey: newKeyPair().publicKey })).toBe(false);
    expect(isAttested(keyring, { ...key, personId: newId<PersonId>() })).toBe(false);
    expect(isAttested(keyring, { ...key, attestation: Buffer.alloc(0) })).toBe(false);
  });

  test('cannot be made without the keyring, and is made anew under another', () => {
    const other = { ...testKeyring(), system: { id: 'other', key: Buffer.alloc(32, 7) } };
    expect(isAttested(other, key)).toBe(false);
    expect(isAttested(keyring, { ...attestAgain(other, key), attestedBy: keyring.system.id })).toBe(false);
    expect(isAttested(other, attestAgain(other, key))).toBe(true);
  });
});
