import { z } from 'zod';
import { hasGrantOn } from '../../db/queries/aws-records.ts';
import {
  deleteCredentialRow,
  findComputersUsing,
  findReferringTo,
  lockSharedCredential,
} from '../../db/queries/credentials.ts';
import { deleteSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { credentialInUse, credentialReferredTo } from './credential-refusals.ts';
import { idSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export const CredentialInputSchema = z.object({ credentialId: idSchema<CredentialId>() });

const wasGranted: Refusal = refuse('conflict', {
  problem: 'This record was granted to somebody, which stays as evidence. Switch it off instead.',
});

/**
 * Deletes a shared credential and its secret. One that computers or other records use stays, as does one that was ever
 * granted; the refusal says so.
 */
export async function deleteCredential(
  ctx: Context,
  actor: Actor,
  { credentialId }: z.output<typeof CredentialInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    // Locked: whoever wants to put it on a computer or refer to it waits, and then finds it gone.
    const credential = await lockSharedCredential(tx, credentialId);
    if (!credential) return refuse('not_found');
    const usedBy = await findComputersUsing(tx, credentialId);
    if (usedBy.count > 0) return credentialInUse(usedBy);
    const referring = await findReferringTo(tx, credentialId);
    if (referring.count > 0) return credentialReferredTo(referring);
    // Grants are evidence, and stay with what they were given on.
    if (await hasGrantOn(tx, credentialId)) return wasGranted;
    await deleteCredentialRow(tx, credentialId);
    await deleteSecret(tx, credential.secretId);
    record({
      kind: 'credential.deleted',
      actorId: actor.person.id,
      subject: { credentialId, name: credential.name },
    });
    return ok(undefined);
  });
}
