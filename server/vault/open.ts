import { decrypt, keyBytes, nonceBytes } from './aes-gcm.ts';
import { type Keyring, type SystemKey, systemKeyOf } from './keyring.ts';
import { keyBinding, type SealedSecret, type SecretRecipient, textBinding } from './sealed-secret.ts';

/** `not_for_us`: no key of this keyring was among the recipients. `altered`: something is not as it was sealed. */
export type Opened = { ok: true; plaintext: Buffer } | { ok: false; why: 'not_for_us' | 'altered' };

/** Opens a shared secret that was sealed for `purpose`. The caller overwrites the plaintext as soon as it is used. */
export function openForSystem(keyring: Keyring, purpose: string, secret: SealedSecret): Opened {
  if (secret.purpose !== purpose) return { ok: false, why: 'altered' };
  const [ours] = secret.recipients.flatMap((recipient) => {
    const key = recipient.kind === 'system' ? systemKeyOf(keyring, recipient.keyId) : undefined;
    return key ? [{ key, recipient }] : [];
  });
  if (!ours) return { ok: false, why: 'not_for_us' };
  const dataKey = unwrap(ours.key, secret, ours.recipient);
  if (!dataKey) return { ok: false, why: 'altered' };
  try {
    const plaintext = decrypt(dataKey, secret.nonce, secret.ciphertext, textBinding(secret));
    return plaintext ? { ok: true, plaintext } : { ok: false, why: 'altered' };
  } finally {
    dataKey.fill(0);
  }
}

/** The data key, which the caller overwrites; `undefined` when it is not as this system key wrapped it for this secret. */
export function unwrap(
  system: SystemKey,
  secret: Pick<SealedSecret, 'id' | 'purpose'>,
  recipient: SecretRecipient,
): Buffer | undefined {
  const nonce = recipient.wrappedKey.subarray(0, nonceBytes);
  const wrapped = recipient.wrappedKey.subarray(nonceBytes);
  const dataKey = decrypt(system.key, nonce, wrapped, keyBinding(secret, recipient));
  return dataKey?.length === keyBytes ? dataKey : undefined;
}
