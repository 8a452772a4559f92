import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import type { PersonId } from '../ids.ts';
import { takingTurns } from '../people/argon2-turns.ts';
import { longestInput, normalPassword } from '../people/passwords.ts';
import { decrypt, encrypt, keyBytes, nonceBytes } from './aes-gcm.ts';
import { type Keyring, type SystemKey, systemKeyOf } from './keyring.ts';
import type { KdfCost, PersonKey } from './sealed-person-key.ts';
import { newKeyPair } from './x25519.ts';

// RFC 9106's second choice, on one lane: about 0.2 s. What is behind it can be tried offline by whoever has the database.
const presentCost: KdfCost = { memoryKib: 65_536, passes: 3, lanes: 1 };
// A row says how it was made; one that somebody altered must not eat the memory of the machine.
const dearest: KdfCost = { memoryKib: 1_048_576, passes: 16, lanes: 16 };

/** A new key pair of this person, sealed under their new master password. */
export async function createPersonKey(keyring: Keyring, personId: PersonId, password: string): Promise<PersonKey> {
  const { publicKey, privateKey } = newKeyPair();
  try {
    const owner = { personId, publicKey, ...attest(keyring.system, personId, publicKey) };
    return await sealPrivateKey(owner, privateKey, password);
  } finally {
    privateKey.fill(0);
  }
}

type Owner = Pick<PersonKey, 'personId' | 'publicKey' | 'attestedBy' | 'attestation'>;

/** The same key pair under another master password: whatever was sealed for it still opens. */
export async function sealPrivateKey(owner: Owner, privateKey: Uint8Array, password: string): Promise<PersonKey> {
  const { personId, publicKey, attestedBy, attestation } = owner;
  const salt = randomBytes(16);
  const nonce = randomBytes(nonceBytes);
  const kdf = presentCost;
  const key = await derive(password, salt, kdf);
  try {
    const bound = bindingOf({ personId, publicKey, salt, kdf });
    const sealedPrivateKey = encrypt(key, nonce, privateKey, bound);
    return { personId, publicKey, attestedBy, attestation, nonce, sealedPrivateKey, salt, kdf };
  } finally {
    key.fill(0);
  }
}

/** The private key, which the caller overwrites; `undefined` when the password is wrong or the row was altered. */
export async function openPrivateKey(row: PersonKey, password: string): Promise<Buffer | undefined> {
  if (password.length > longestInput || isTooDear(row.kdf)) return undefined;
  const key = await derive(password, row.salt, row.kdf);
  try {
    return decrypt(key, row.nonce, row.sealedPrivateKey, bindingOf(row));
  } finally {
    key.fill(0);
  }
}

/** Whether a row is still the one that was opened: each sealing has its own salt. */
export function isSameSealing(one: PersonKey | undefined, other: PersonKey): boolean {
  return one !== undefined && Buffer.compare(one.salt, other.salt) === 0;
}

/** Whether the key was sealed at less cost than new ones are; then it is sealed again when its password is at hand. */
export function isSealedCheaply({ kdf }: PersonKey): boolean {
  return kdf.memoryKib < presentCost.memoryKib || kdf.passes < presentCost.passes;
}

/** The same key, attested by the system key of now: for when its password, or an older attestation, proves it genuine. */
export function attestAgain<Key extends Pick<PersonKey, 'personId' | 'publicKey'>>(keyring: Keyring, key: Key) {
  return { ...key, ...attest(keyring.system, key.personId, key.publicKey) };
}

/** Whether this installation made the public key, as far as the keyring can say. Nothing is sealed for one it did not. */
export function isAttested(keyring: Keyring, { personId, publicKey, attestedBy, attestation }: Owner): boolean {
  const system = systemKeyOf(keyring, attestedBy);
  if (!system) return false;
  const expected = attest(system, personId, publicKey).attestation;
  return expected.length === attestation.length && timingSafeEqual(expected, attestation);
}

function attest(system: SystemKey, personId: PersonId, publicKey: Uint8Array) {
  const key = Buffer.from(hkdfSync('sha256', system.key, '', 'sallyport.person-key.attestation.v1', keyBytes));
  const attestation = createHmac('sha256', key).update(personId).update(publicKey).digest();
  key.fill(0);
  return { attestedBy: system.id, attestation };
}

function isTooDear({ memoryKib, passes, lanes }: KdfCost): boolean {
  const isWhole = [memoryKib, passes, lanes].every((cost) => Number.isSafeInteger(cost) && cost > 0);
  return !isWhole || memoryKib > dearest.memoryKib || passes > dearest.passes || lanes > dearest.lanes;
}

// A string cannot be overwritten; the bytes made of it can, and are.
async function derive(password: string, salt: Uint8Array, { memoryKib, passes, lanes }: KdfCost): Promise<Buffer> {
  const bytes = Buffer.from(normalPassword(password));
  const options = { salt, memoryCost: memoryKib, timeCost: passes, parallelism: lanes, outputLen: keyBytes };
  try {
    return await takingTurns(() => hashRaw(bytes, options));
  } finally {
    bytes.fill(0);
  }
}

type Bound = Pick<PersonKey, 'personId' | 'publicKey' | 'salt' | 'kdf'>;

/** What is authenticated beside the private key: whose it is, what for, its other half, and how the password is stretched. */
function bindingOf({ personId, publicKey, salt, kdf: { memoryKib, passes, lanes } }: Bound): Buffer {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return Buffer.from(
    JSON.stringify(['sallyport.person-key.v1', personId, hex(publicKey), hex(salt), memoryKib, passes, lanes]),
  );
}
