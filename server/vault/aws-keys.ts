import { z } from 'zod';
import type { CredentialId } from '../ids.ts';
import { credentialPurpose } from './credential-secret.ts';
import type { Keyring } from './keyring.ts';
import { type Opened, openForSystem } from './open.ts';
import { sealForSystem } from './seal.ts';
import type { SealedSecret } from './sealed-secret.ts';

const AwsKeysSchema = z.strictObject({
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});
/** The secret part of an AWS record. Its access key id stands beside it in the open, as the user name. */
export type AwsKeys = z.infer<typeof AwsKeysSchema>;

/** Seals the keys of an AWS record; they open for this record only. */
export function sealAwsKeys(keyring: Keyring, id: CredentialId, keys: AwsKeys): SealedSecret {
  const plaintext = Buffer.from(JSON.stringify(AwsKeysSchema.parse(keys)));
  try {
    return sealForSystem(keyring, credentialPurpose(id), plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** `altered` also where what was sealed is no pair of keys. */
export function openAwsKeys(
  keyring: Keyring,
  id: CredentialId,
  sealed: SealedSecret,
): { ok: true; keys: AwsKeys } | Extract<Opened, { ok: false }> {
  const opened = openForSystem(keyring, credentialPurpose(id), sealed);
  if (!opened.ok) return opened;
  try {
    const read = AwsKeysSchema.safeParse(JSON.parse(opened.plaintext.toString('utf8')));
    return read.success ? { ok: true, keys: read.data } : { ok: false, why: 'altered' };
  } finally {
    opened.plaintext.fill(0);
  }
}
