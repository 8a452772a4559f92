import type { SealedText } from '../../db/schema/columns.ts';
import type { SecretId } from '../ids.ts';
import { type Keyring, systemKeyOf } from './keyring.ts';
import { unwrap } from './open.ts';
import { wrapForSystem } from './seal.ts';
import type { SecretRecipient } from './sealed-secret.ts';

/**
 * The same data key wrapped by the system key of now, in the place of an older one of the keyring. The secret itself is
 * not opened. `undefined` when no key of the keyring wrapped it for this secret, or it was altered since.
 */
export function wrapAgain(
  keyring: Keyring,
  secret: { id: SecretId; purpose: string },
  recipient: SecretRecipient,
): SecretRecipient | undefined {
  const key = recipient.kind === 'system' ? systemKeyOf(keyring, recipient.keyId) : undefined;
  const dataKey = key && unwrap(key, secret, recipient);
  if (!dataKey) return undefined;
  try {
    return wrapForSystem(keyring.system, secret, dataKey);
  } finally {
    dataKey.fill(0);
  }
}

/** As `wrapAgain`, for a text in a column of its own. */
export function wrapTextAgain(keyring: Keyring, purpose: string, sealed: SealedText): SealedText | undefined {
  const wrappedKey = Buffer.from(sealed.wrappedKey, 'base64url');
  const secret = { id: sealed.id as SecretId, purpose };
  const again = wrapAgain(keyring, secret, { kind: 'system', keyId: sealed.keyId, wrappedKey });
  return again && { ...sealed, keyId: again.keyId, wrappedKey: Buffer.from(again.wrappedKey).toString('base64url') };
}
