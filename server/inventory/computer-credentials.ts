import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { deleteFurtherCredential, lockComputer, upsertFurtherCredential } from '../../db/queries/computers.ts';
import {
  addressesOf,
  deleteUnusedTargets,
  lockAddresses,
  lockCredentialsForUse,
} from '../../db/queries/credential-targets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { AccessLevelId, CredentialId } from '../ids.ts';
import type { ChangedComputer } from './change-computer.ts';
import { credentialGone } from './computer-refusals.ts';
import { ComputerIdSchema, idSchema, optionalIdSchema } from './input-fields.ts';
import { putCredentialToUse } from './put-credential-to-use.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const AddComputerCredentialInputSchema = z.object({
  computerId: ComputerIdSchema,
  credentialId: idSchema<CredentialId>('Choose a credential from the list.'),
  /** Empty: the standard level. */
  accessLevelId: optionalIdSchema<AccessLevelId>(),
});

/**
 * Lets a computer have a further shared credential, for those whose right is of this access level; or gives one that it
 * has another level. Put to use at a new address it waits like every other.
 */
export async function addComputerCredential(
  ctx: Context,
  actor: Actor,
  further: z.output<typeof AddComputerCredentialInputSchema>,
): Promise<Outcome<ChangedComputer>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { computerId, credentialId, accessLevelId } = further;
  const actorId = actor.person.id;
  return refusingViolations({ computer_credentials_access_level_id_access_levels_id_fk: levelGone }, () =>
    ctx.audit.transact(async (tx, record) => {
      const computer = await lockComputer(tx, computerId);
      if (!computer) return refuse('not_found');
      const credential = (await lockCredentialsForUse(tx, [credentialId])).get(credentialId);
      if (!credential) return { ...credentialGone, params: { ...credentialGone.params, field: 'credentialId' } };
      const isNew = await upsertFurtherCredential(tx, further);
      record({ kind: 'computer.credential_given', actorId, subject: { computerId, credentialId, accessLevelId } });
      await notify(tx, 'access_changed', {});
      if (!isNew) return ok({ credentialWaits: false });
      const addresses = addressesOf(computer);
      await lockAddresses(tx, addresses);
      const putting = { computerId, credential, addresses, why: 'new_target', actorId, now: ctx.clock.now() } as const;
      return ok({ credentialWaits: await putCredentialToUse(tx, record, putting) });
    }),
  );
}

const levelGone: Refusal = refuse('conflict', {
  field: 'accessLevelId',
  problem: 'This access level was deleted. Choose another one.',
});

export const RemoveComputerCredentialInputSchema = AddComputerCredentialInputSchema.omit({ accessLevelId: true });

/** Takes a further credential off a computer. What it was used for there is forgotten. */
export async function removeComputerCredential(
  ctx: Context,
  actor: Actor,
  { computerId, credentialId }: z.output<typeof RemoveComputerCredentialInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    if (!(await lockComputer(tx, computerId))) return refuse('not_found');
    // Whoever puts it to use at the same moment waits, and then finds what was forgotten here.
    await lockCredentialsForUse(tx, [credentialId]);
    if (!(await deleteFurtherCredential(tx, computerId, credentialId))) return refuse('not_found');
    await deleteUnusedTargets(tx, [credentialId]);
    const subject = { computerId, credentialId };
    record({ kind: 'computer.credential_taken', actorId: actor.person.id, subject });
    await notify(tx, 'access_changed', {});
    return ok(undefined);
  });
}
