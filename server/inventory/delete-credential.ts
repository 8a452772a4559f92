import { z } from 'zod';
import { deleteCredentialRow, listComputersUsing, lockSharedCredential } from '../../db/queries/credentials.ts';
import { deleteSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { credentialInUse } from './credential-refusals.ts';
import { idSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export const DeleteCredentialInputSchema = z.object({ credentialId: idSchema<CredentialId>() });

/** Deletes a shared credential and its secret. One that computers use stays; the refusal names them. */
export async function deleteCredential(
  ctx: Context,
  actor: Actor,
  { credentialId }: z.output<typeof DeleteCredentialInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    // Locked: whoever wants to put it on a computer waits, and then finds it gone.
    const credential = await lockSharedCredential(tx, credentialId);
    if (!credential) return refuse('not_found');
    const usedBy = await listComputersUsing(tx, credentialId);
    if (usedBy.length > 0) return credentialInUse(usedBy);
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
