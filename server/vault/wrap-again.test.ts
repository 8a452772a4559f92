/*
 * What an older system key wrapped opens while that key is in the keyring, and is wrapped again for the one of now without
 * being opened: the ciphertext stays byte for byte. Afterwards the older key is of no use to it, and whatever was altered,
 * or was meant for something else, is not carried over.
 */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { testKeyring } from '../../db/testing/context.ts';
import { newId, type PersonId } from '../ids.ts';
import type { Keyring } from './keyring.ts';
import { openForSystem } from './open.ts';
import { attestAgain, createPersonKey, isAttested } from './person-key.ts';
import { sealForSystem } from './seal.ts';
import { openText, sealText } from './seal-text.ts';
import type { SealedSecret } from './sealed-secret.ts';
import { wrapAgain, wrapTextAgain } from './wrap-again.ts';

const before: Keyring = { ...testKeyring(), system: { id: 'old', key: randomBytes(32) } };
const system = { id: 'new', key: randomBytes(32) };
const during: Keyring = { ...before, system, otherSystemKeys: [before.system] };
const after: Keyring = { ...before, system };
const plaintext = Buffer.from('s3cret');

function wrappedAgain(secret: SealedSecret, keyring = during): SealedSecret | undefined {
  const recipient = wrapAgain(keyring, secret, secret.recipients[0]!);
  return recipient && { ...secret, recipients: [recipient] };
}

test('a secret of the older key opens during and, wrapped again, after a rotation; before that it does not', () => {
  const secret = sealForSystem(before, 'p', plaintext);
  expect(openForSystem(during, 'p', secret)).toEqual({ ok: true, plaintext });
  expect(openForSystem(after, 'p', secret)).toEqual({ ok: false, why: 'not_for_us' });
  const again = wrappedAgain(secret)!;
  expect(again.recipients[0]?.keyId).toBe('new');
  expect(again.ciphertext).toBe(secret.ciphertext);
  expect(openForSystem(after, 'p', again)).toEqual({ ok: true, plaintext });
  expect(openForSystem(before, 'p', again)).toEqual({ ok: false, why: 'not_for_us' });
});

test('what is sealed during a rotation is for the key of now alone', () => {
  const secret = sealForSystem(during, 'p', plaintext);
  expect(secret.recipients.map(({ keyId }) => keyId)).toEqual(['new']);
  expect(openForSystem(after, 'p', secret).ok).toBe(true);
});

test('an older key under a false name, or an altered wrapping, is not carried over', () => {
  const secret = sealForSystem(before, 'p', plaintext);
  const [recipient] = secret.recipients;
  const spoilt = Uint8Array.from(recipient!.wrappedKey);
  spoilt[20]! ^= 1;
  expect(wrapAgain(during, secret, { ...recipient!, wrappedKey: spoilt })).toBeUndefined();
  expect(wrapAgain(during, secret, { ...recipient!, keyId: 'new' })).toBeUndefined();
  expect(wrapAgain(during, secret, { ...recipient!, keyId: 'lost' })).toBeUndefined();
  expect(wrapAgain(during, secret, { ...recipient!, kind: 'person' })).toBeUndefined();
  expect(wrapAgain(during, { ...secret, purpose: 'q' }, recipient!)).toBeUndefined();
  expect(wrapAgain(after, secret, recipient!)).toBeUndefined();
});

test('a text in a column is carried over for its own purpose only', () => {
  const sealed = sealText(before, 'launch/1', 'ApiKey');
  const again = wrapTextAgain(during, 'launch/1', sealed)!;
  expect(openText(after, 'launch/1', again)).toBe('ApiKey');
  expect({ ...again, keyId: '', wrappedKey: '' }).toEqual({ ...sealed, keyId: '', wrappedKey: '' });
  expect(wrapTextAgain(during, 'launch/2', sealed)).toBeUndefined();
});

test('a public key counts as ours by any key of the keyring, and is attested again by that of now', async () => {
  const personId = newId<PersonId>();
  const key = await createPersonKey(before, personId, 'seven geese over the harbour');
  expect([isAttested(before, key), isAttested(during, key), isAttested(after, key)]).toEqual([true, true, false]);
  const again = attestAgain(during, key);
  expect([again.attestedBy, isAttested(after, again)]).toEqual(['new', true]);
  expect(isAttested(during, { ...again, attestedBy: 'old' })).toBe(false);
  expect(isAttested(during, { ...key, publicKey: randomBytes(32) })).toBe(false);
});
