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
  const plaintext = Buffer.from(JSON.stringify(secret));
  try {
    return sealForSystem(keyring, purposeOf(id), plaintext);
  } finally {
    plaintext.fill(0);
  }
}

export type OpenedCredential =
  | { ok: true; secret: CredentialSecret }
  | { ok: false; why: Extract<Opened, { ok: false }>['why'] };

export function openCredential(keyring: Keyring, id: CredentialId, sealed: SealedSecret): OpenedCredential {
  const opened = openForSystem(keyring, purposeOf(id), sealed);
  if (!opened.ok) return opened;
  try {
    return { ok: true, secret: CredentialSecretSchema.parse(JSON.parse(opened.plaintext.toString('utf8'))) };
  } finally {
    opened.plaintext.fill(0);
  }
}

function purposeOf(id: CredentialId): string {
  return `credential/${id}`;
}
