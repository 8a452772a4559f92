import type { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { type ComputerValues, lockComputer, updateComputer } from '../../db/queries/computers.ts';
import { lockSharedCredential } from '../../db/queries/credentials.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { changedFields } from './changed-fields.ts';
import { computerNameTaken, credentialGone } from './computer-refusals.ts';
import { CreateComputerInputSchema } from './create-computer.ts';
import { ComputerIdSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const ChangeComputerInputSchema = CreateComputerInputSchema.extend({ computerId: ComputerIdSchema });
export type ChangeComputerInput = z.output<typeof ChangeComputerInputSchema>;

/**
 * Changes a computer. A shared credential was entered for one address: with another server or port it is taken off the
 * computer (`credentialDetached`) and has to be chosen again, so that a password is never sent to a host by surprise.
 */
export async function changeComputer(
  ctx: Context,
  actor: Actor,
  { computerId, ...wanted }: ChangeComputerInput,
): Promise<Outcome<{ credentialDetached: boolean }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ computers_name: computerNameTaken(wanted.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const before = await lockComputer(tx, computerId);
      if (!before) return refuse('not_found');
      const credentialDetached = isMoved(before, wanted) && wanted.sharedCredentialId !== null;
      const after: ComputerValues = credentialDetached ? { ...wanted, sharedCredentialId: null } : wanted;
      const credentialId = after.sharedCredentialId;
      if (credentialId && !(await lockSharedCredential(tx, credentialId))) return credentialGone;

      const fields = changedFields<ComputerValues>(before, after);
      if (fields.length === 0) return ok({ credentialDetached });
      await updateComputer(tx, computerId, after);
      record({ kind: 'computer.changed', actorId: actor.person.id, subject: { computerId, fields } });
      await notify(tx, 'access_changed', {});
      return ok({ credentialDetached });
    }),
  );
}

function isMoved(before: ComputerValues, wanted: ComputerValues): boolean {
  return before.server !== wanted.server || before.port !== wanted.port;
}
