import type { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { type ComputerValues, lockComputer, updateComputer } from '../../db/queries/computers.ts';
import { deleteUnusedTargets } from '../../db/queries/credential-targets.ts';
import { lockSharedCredential } from '../../db/queries/credentials.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { changedFields } from './changed-fields.ts';
import { computerNameTaken, credentialGone } from './computer-refusals.ts';
import { CreateComputerInputSchema } from './create-computer.ts';
import { ComputerIdSchema } from './input-fields.ts';
import { putCredentialToUse } from './put-credential-to-use.ts';
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
      const actorId = actor.person.id;
      record({ kind: 'computer.changed', actorId, subject: { computerId, fields } });
      await followCredential(tx, before.sharedCredentialId, credentialId, (id) =>
        putCredentialToUse(tx, record, {
          credentialId: id,
          computerId,
          server: after.server,
          port: after.port,
          actorId,
        }),
      );
      await notify(tx, 'access_changed', {});
      return ok({ credentialDetached });
    }),
  );
}

async function followCredential(
  tx: Tx,
  before: CredentialId | null,
  after: CredentialId | null,
  putToUse: (id: CredentialId) => Promise<void>,
): Promise<void> {
  if (before) await deleteUnusedTargets(tx, before);
  if (after && after !== before) await putToUse(after);
}

function isMoved(before: ComputerValues, wanted: ComputerValues): boolean {
  return before.server !== wanted.server || before.port !== wanted.port;
}
