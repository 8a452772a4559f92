import { randomBytes } from 'node:crypto';
import { newId, type SecretId } from '../ids.ts';
import { encrypt, keyBytes, nonceBytes } from './aes-gcm.ts';
import type { Keyring, SystemKey } from './keyring.ts';
import { keyBinding, type SealedSecret, type SecretRecipient, textBinding } from './sealed-secret.ts';

/**
 * Seals a secret under a data key of its own, wrapped for the system keyring: a shared secret. The caller keeps
 * `plaintext` and should overwrite it afterwards.
 */
export function sealForSystem(keyring: Keyring, purpose: string, plaintext: Uint8Array): SealedSecret {
  const secret = { id: newId<SecretId>(), purpose };
  const dataKey = randomBytes(keyBytes);
  try {
    const nonce = randomBytes(nonceBytes);
    const ciphertext = encrypt(dataKey, nonce, plaintext, textBinding(secret));
    return { ...secret, nonce, ciphertext, recipients: [wrapForSystem(keyring.system, secret, dataKey)] };
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Wraps the data key of a secret for the system. The nonce goes before the wrapped key. It is random: 2^32 wraps under one
 * system key stay within NIST SP 800-38D.
 */
export function wrapForSystem(
  system: SystemKey,
  secret: { id: string; purpose: string },
  dataKey: Uint8Array,
): SecretRecipient {
  const to = { kind: 'system', keyId: system.id } as const;
  const nonce = randomBytes(nonceBytes);
  return { ...to, wrappedKey: Buffer.concat([nonce, encrypt(system.key, nonce, dataKey, keyBinding(secret, to))]) };
}
