import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { sharedShelf } from './create-credential.ts';
import type { ChangeCredentialInput } from './credential-input.ts';
import { credentialNameTaken } from './credential-refusals.ts';
import { liftSuspensions } from './lift-suspensions.ts';
import { followReference } from './put-credential-to-use.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';
import { storeChangedCredential } from './store-credential.ts';

/**
 * Changes a shared credential, and its secret when a new one is given. Where it was suspended it is used again with a
 * secret that was entered anew; the secret of another record goes nowhere new by being referred to.
 */
export async function changeCredential(
  ctx: Context,
  actor: Actor,
  input: ChangeCredentialInput,
): Promise<Outcome<{ secretChanged: boolean }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { credentialId } = input;
  const actorId = actor.person.id;
  const now = ctx.clock.now();
  return refusingViolations({ credentials_shared_name: credentialNameTaken(input.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const changed = await storeChangedCredential(tx, sharedShelf(ctx, actor), { ...input, now });
      if (!changed.ok) return changed;
      const { fields, secretChanged, before, referenceId } = changed.value;
      if (fields.length === 0) return ok({ secretChanged });
      record({ kind: 'credential.changed', actorId, subject: { credentialId, fields } });
      if (referenceId !== before.referenceId) {
        if (referenceId) record({ kind: 'credential.referred', actorId, subject: { credentialId, referenceId } });
        await followReference(tx, record, { credentialId, before: before.referenceId, actorId, now });
      }
      if (secretChanged) await liftSuspensions(tx, record, { credentialId, actorId });
      return ok({ secretChanged });
    }),
  );
}
