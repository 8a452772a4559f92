import { hkdfSync, randomBytes } from 'node:crypto';
import { newId, type PersonId, type SecretId } from '../ids.ts';
import { decrypt, encrypt, keyBytes, nonceBytes } from './aes-gcm.ts';
import type { Opened } from './open.ts';
import { keyBinding, type SealedSecret, textBinding } from './sealed-secret.ts';
import { agree, newKeyPair } from './x25519.ts';

export type Recipient = { personId: PersonId; publicKey: Uint8Array };

/**
 * Seals a secret for one person alone: under a data key of its own, which is wrapped by a key that a fresh X25519 pair
 * and theirs agree on (HKDF-SHA-256, then AES-256-GCM). Needs nothing secret of theirs. The caller overwrites `plaintext`.
 */
export function sealForPerson(
  { personId, publicKey }: Recipient,
  purpose: string,
  plaintext: Uint8Array,
): SealedSecret {
  const secret = { id: newId<SecretId>(), purpose };
  const to = { kind: 'person', keyId: personId } as const;
  const dataKey = randomBytes(keyBytes);
  const ephemeral = newKeyPair();
  const shared = agree(ephemeral.privateKey, publicKey);
  try {
    if (!shared) throw new TypeError('The public key of this person is no X25519 key.');
    const binding = keyBinding(secret, to);
    const wrapped = withWrappingKey(shared, { ephemeral: ephemeral.publicKey, publicKey, binding }, (key, nonce) =>
      encrypt(key, nonce, dataKey, binding),
    );
    const nonce = randomBytes(nonceBytes);
    const ciphertext = encrypt(dataKey, nonce, plaintext, textBinding(secret));
    const recipient = { ...to, wrappedKey: Buffer.concat([ephemeral.publicKey, wrapped]) };
    return { ...secret, nonce, ciphertext, recipients: [recipient] };
  } finally {
    dataKey.fill(0);
    ephemeral.privateKey.fill(0);
    shared?.fill(0);
  }
}

/** Opens what was sealed for this person and `purpose`. The caller overwrites the plaintext as soon as it is used. */
export function openForPerson(
  { personId, publicKey, privateKey }: Recipient & { privateKey: Uint8Array },
  purpose: string,
  secret: SealedSecret,
): Opened {
  if (secret.purpose !== purpose) return { ok: false, why: 'altered' };
  const recipient = secret.recipients.find(({ kind, keyId }) => kind === 'person' && keyId === personId);
  if (!recipient) return { ok: false, why: 'not_for_us' };
  const ephemeral = recipient.wrappedKey.subarray(0, keyBytes);
  const shared = agree(privateKey, ephemeral);
  if (!shared) return { ok: false, why: 'altered' };
  const binding = keyBinding(secret, recipient);
  const dataKey = withWrappingKey(shared, { ephemeral, publicKey, binding }, (key, nonce) =>
    decrypt(key, nonce, recipient.wrappedKey.subarray(keyBytes), binding),
  );
  shared.fill(0);
  if (!dataKey) return { ok: false, why: 'altered' };
  try {
    const plaintext = decrypt(dataKey, secret.nonce, secret.ciphertext, textBinding(secret));
    return plaintext ? { ok: true, plaintext } : { ok: false, why: 'altered' };
  } finally {
    dataKey.fill(0);
  }
}

type Agreement = { ephemeral: Uint8Array; publicKey: Uint8Array; binding: Uint8Array };

// Both public keys go in, so that neither can be changed for another that leads to the same secret. Key and nonce serve once.
function withWrappingKey<T>(
  shared: Uint8Array,
  { ephemeral, publicKey, binding }: Agreement,
  use: (key: Uint8Array, nonce: Uint8Array) => T,
): T {
  const salt = Buffer.concat([ephemeral, publicKey]);
  const derived = new Uint8Array(hkdfSync('sha256', shared, salt, binding, keyBytes + nonceBytes));
  try {
    return use(derived.subarray(0, keyBytes), derived.subarray(keyBytes));
  } finally {
    derived.fill(0);
  }
}
