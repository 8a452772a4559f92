import { z } from 'zod';
import type { CredentialId } from '../ids.ts';
import type { Keyring } from './keyring.ts';
import { type Opened, openForSystem } from './open.ts';
import { sealForSystem } from './seal.ts';
import type { SealedSecret } from './sealed-secret.ts';

const CredentialSecretSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('password'), password: z.string() }),
  z.strictObject({ type: z.literal('ssh_key'), privateKey: z.string() }),
]);
/** The secret part of a credential. A private key is kept without its passphrase, which is asked for once, at entry. */
export type CredentialSecret = z.infer<typeof CredentialSecretSchema>;

/** Seals the secret of a shared credential; it opens for this credential only. */
export function sealCredential(keyring: Keyring, id: CredentialId, secret: CredentialSecret): SealedSecret {
  return withPlaintext(secret, (plaintext) => sealForSystem(keyring, credentialPurpose(id), plaintext));
}

export type OpenedCredential =
  | { ok: true; secret: CredentialSecret }
  | { ok: false; why: Extract<Opened, { ok: false }>['why'] };

export function openCredential(keyring: Keyring, id: CredentialId, sealed: SealedSecret): OpenedCredential {
  const opened = openForSystem(keyring, credentialPurpose(id), sealed);
  return opened.ok ? { ok: true, secret: readCredentialSecret(opened.plaintext) } : opened;
}

/** What a credential is sealed for, whoever its recipient is. */
export function credentialPurpose(id: CredentialId): string {
  return `credential/${id}`;
}

/** Hands over a secret as the bytes that are sealed, and overwrites them afterwards. */
export function withPlaintext<T>(secret: CredentialSecret, use: (plaintext: Buffer) => T): T {
  const plaintext = Buffer.from(JSON.stringify(secret));
  try {
    return use(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** The secret in opened bytes, which are overwritten. */
export function readCredentialSecret(plaintext: Buffer): CredentialSecret {
  try {
    return CredentialSecretSchema.parse(JSON.parse(plaintext.toString('utf8')));
  } finally {
    plaintext.fill(0);
  }
}
