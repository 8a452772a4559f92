import { findOwnSecret } from '../../db/queries/personal-credentials.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { type CredentialSecret, credentialPurpose, readCredentialSecret, withPlaintext } from './credential-secret.ts';
import type { PersonKeyHandle } from './person-key-handle.ts';
import { type Recipient, sealForPerson } from './seal-for-person.ts';
import type { SealedSecret } from './sealed-secret.ts';

/** Seals the secret of a personal credential for its owner alone; it opens for this credential only. */
export function sealPersonalCredential(owner: Recipient, id: CredentialId, secret: CredentialSecret): SealedSecret {
  return withPlaintext(secret, (plaintext) => sealForPerson(owner, credentialPurpose(id), plaintext));
}

export type OpenedOwn = {
  username: string;
  secret: CredentialSecret;
  /** The record for which the secret was sealed: this one, or another of its owner's that it refers to. */
  secretOf: CredentialId;
};

/**
 * Opens a personal credential for its owner, who has just proven to be there; where it refers to another of theirs, with
 * the secret of that. Refuses with `not_found` what is not theirs, and with `unavailable` what was altered. Whoever uses
 * it writes the release into the audit log first.
 */
export async function openPersonalCredential(
  ctx: Context,
  handle: PersonKeyHandle,
  credentialId: CredentialId,
): Promise<Outcome<OpenedOwn>> {
  const found = await findOwnSecret(ctx.connection.db, { ownerId: handle.personId, credentialId });
  if (!found) return refuse('not_found');
  const { username, secretId, secretOf } = found;
  const opened = await handle.open(secretId, credentialPurpose(secretOf));
  if (!opened.ok) return opened;
  return ok({ username, secret: readCredentialSecret(opened.value), secretOf });
}
