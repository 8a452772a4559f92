import { findPersonalCredential } from '../../db/queries/personal-credentials.ts';
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

/**
 * Opens a personal credential for its owner, who has just proven to be there. Refuses with `not_found` what is not theirs,
 * and with `unavailable` what was altered. Whoever uses it writes the release into the audit log first.
 */
export async function openPersonalCredential(
  ctx: Context,
  handle: PersonKeyHandle,
  credentialId: CredentialId,
): Promise<Outcome<{ username: string; secret: CredentialSecret }>> {
  const owned = { ownerId: handle.personId, credentialId };
  const credential = await findPersonalCredential(ctx.connection.db, owned);
  if (!credential?.secretId) return refuse('not_found');
  const opened = await handle.open(credential.secretId, credentialPurpose(credentialId));
  if (!opened.ok) return opened;
  return ok({ username: credential.username, secret: readCredentialSecret(opened.value) });
}
