import { decrypt, keyBytes, nonceBytes } from './aes-gcm.ts';
import type { Keyring } from './keyring.ts';
import { keyBinding, type SealedSecret, type SecretRecipient, textBinding } from './sealed-secret.ts';

/** `not_for_us`: no key of this keyring was among the recipients. `altered`: something is not as it was sealed. */
export type Opened = { ok: true; plaintext: Buffer } | { ok: false; why: 'not_for_us' | 'altered' };

/** Opens a shared secret that was sealed for `purpose`. The caller overwrites the plaintext as soon as it is used. */
export function openForSystem(keyring: Keyring, purpose: string, secret: SealedSecret): Opened {
  if (secret.purpose !== purpose) return { ok: false, why: 'altered' };
  const recipient = secret.recipients.find(({ kind, keyId }) => kind === 'system' && keyId === keyring.system.id);
  if (!recipient) return { ok: false, why: 'not_for_us' };
  const dataKey = unwrap(keyring, secret, recipient);
  if (!dataKey) return { ok: false, why: 'altered' };
  try {
    const plaintext = decrypt(dataKey, secret.nonce, secret.ciphertext, textBinding(secret));
    return plaintext ? { ok: true, plaintext } : { ok: false, why: 'altered' };
  } finally {
    dataKey.fill(0);
  }
}

function unwrap(keyring: Keyring, secret: SealedSecret, recipient: SecretRecipient): Buffer | undefined {
  const nonce = recipient.wrappedKey.subarray(0, nonceBytes);
  const wrapped = recipient.wrappedKey.subarray(nonceBytes);
  const dataKey = decrypt(keyring.system.key, nonce, wrapped, keyBinding(secret, recipient));
  return dataKey?.length === keyBytes ? dataKey : undefined;
}
