import type { SealedText } from '../../db/schema/columns.ts';
import type { SecretId } from '../ids.ts';
import type { Keyring } from './keyring.ts';
import { openForSystem } from './open.ts';
import { sealForSystem } from './seal.ts';

/** Seals a short text of the system itself (a token, a payload) so that it can stand in a column of its own. */
export function sealText(keyring: Keyring, purpose: string, text: string): SealedText {
  const plaintext = Buffer.from(text, 'utf8');
  const { id, nonce, ciphertext, recipients } = sealForSystem(keyring, purpose, plaintext);
  plaintext.fill(0);
  const [recipient] = recipients;
  if (!recipient) throw new TypeError('A sealed text has no recipient.');
  return {
    id,
    nonce: inBase64(nonce),
    ciphertext: inBase64(ciphertext),
    keyId: recipient.keyId,
    wrappedKey: inBase64(recipient.wrappedKey),
  };
}

/** The text, or `undefined` when it is not as it was sealed for this purpose, or sealed by another keyring. */
export function openText(keyring: Keyring, purpose: string, sealed: SealedText): string | undefined {
  const opened = openForSystem(keyring, purpose, {
    id: sealed.id as SecretId,
    purpose,
    nonce: Buffer.from(sealed.nonce, 'base64url'),
    ciphertext: Buffer.from(sealed.ciphertext, 'base64url'),
    recipients: [{ kind: 'system', keyId: sealed.keyId, wrappedKey: Buffer.from(sealed.wrappedKey, 'base64url') }],
  });
  if (!opened.ok) return undefined;
  const text = opened.plaintext.toString('utf8');
  opened.plaintext.fill(0);
  return text;
}

function inBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
