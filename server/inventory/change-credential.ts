import type { SuspendedTarget } from '../../db/queries/suspensions.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { sharedShelf } from './create-credential.ts';
import { type ChangeCredentialInput, secretFieldOf } from './credential-input.ts';
import { credentialNameTaken } from './credential-refusals.ts';
import { liftSuspensions } from './lift-suspensions.ts';
import { followReference } from './put-credential-to-use.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';
import { storeChangedCredential } from './store-credential.ts';

/**
 * Changes a shared credential, and its secret when a new one is given. Where it was suspended it is used again with a
 * secret that was entered anew by somebody who saw where that is, and otherwise nothing is changed; the secret of another
 * record goes nowhere new by being referred to.
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
      if (secretChanged) {
        const waited = await liftSuspensions(tx, record, { credentialId, actorId });
        refuseUnseen(waited, { seen: input.waitingSince, field: secretFieldOf(before.type) });
      }
      return ok({ secretChanged });
    }),
  ).catch(refusalOf);
}

// The latest one tells: each that came since has a later moment.
function refuseUnseen(
  waited: readonly SuspendedTarget[],
  { seen, field }: { seen: Date | null | undefined; field: string },
): void {
  const latest = waited.reduce((at, target) => Math.max(at, target.at.getTime()), 0);
  if (latest !== (seen?.getTime() ?? 0)) throw new NotSeen(waited, field);
}

const fewAddresses = 5;

/** The secret would go where it waits without the knowledge of whoever enters it: nothing of the change is kept. */
class NotSeen extends Error {
  readonly refusal: Refusal;

  constructor(waited: readonly SuspendedTarget[], field: string) {
    super('not seen');
    const places = waited.map(({ server, port }) => `${server} port ${port}`);
    const more = places.length > fewAddresses ? ` and ${places.length - fewAddresses} more` : '';
    const where = places.length > 0 ? `${places.slice(0, fewAddresses).join(', ')}${more}` : 'no address any more';
    const problem = `It waits at ${where} by now, and goes there when it is entered again. Load the page again and look.`;
    this.refusal = refuse('conflict', { field, problem });
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof NotSeen) return error.refusal;
  throw error;
}
