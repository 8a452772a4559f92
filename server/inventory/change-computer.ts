import type { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { type ComputerValues, listFurtherIds, lockComputer, updateComputer } from '../../db/queries/computers.ts';
import {
  type Address,
  addressesOf,
  deleteUnusedTargets,
  lockAddresses,
  lockCredentialsForUse,
} from '../../db/queries/credential-targets.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { ComputerId, CredentialId, PersonId } from '../ids.ts';
import { changedFields } from './changed-fields.ts';
import { ComputerFieldsSchema, differentServers } from './computer-fields.ts';
import { computerNameTaken, credentialGone } from './computer-refusals.ts';
import { ComputerIdSchema, optionalIdSchema } from './input-fields.ts';
import { putCredentialToUse } from './put-credential-to-use.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const ChangeComputerInputSchema = ComputerFieldsSchema.extend({
  computerId: ComputerIdSchema,
  sharedCredentialId: optionalIdSchema<CredentialId>(),
}).superRefine(differentServers);
export type ChangeComputerInput = z.output<typeof ChangeComputerInputSchema>;

/** `credentialWaits`: a credential of the computer is not used at an address of it before it is confirmed or entered again. */
export type ChangedComputer = { credentialWaits: boolean };

/**
 * Changes a computer. Its shared credentials were entered for its addresses: at another server or port they wait until
 * another administrator confirms, or somebody enters them again, so that nobody has a password sent to a host of theirs.
 */
export async function changeComputer(
  ctx: Context,
  actor: Actor,
  { computerId, ...after }: ChangeComputerInput,
): Promise<Outcome<ChangedComputer>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ computers_name: computerNameTaken(after.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const changed = await applyComputer(tx, record, computerId, after, {
        actorId: actor.person.id,
        now: ctx.clock.now(),
      });
      if (changed.ok) await notify(tx, 'access_changed', {});
      return changed;
    }),
  );
}

/** Changes a computer within a transaction, for whoever may. Without `actorId` it is the installation that does. */
export async function applyComputer(
  tx: Tx,
  record: (event: AuditEvent) => void,
  computerId: ComputerId,
  after: ComputerValues,
  by: { actorId?: PersonId; now: Date },
): Promise<Outcome<ChangedComputer>> {
  const before = await lockComputer(tx, computerId);
  if (!before) return refuse('not_found');
  const fields = changedFields<ComputerValues>(before, after);
  if (fields.length === 0) return ok({ credentialWaits: false });

  const further = await listFurtherIds(tx, computerId);
  const used = [before.sharedCredentialId, after.sharedCredentialId, ...further].filter((id) => id !== null);
  const locked = await lockCredentialsForUse(tx, used);
  if (after.sharedCredentialId && !locked.has(after.sharedCredentialId)) return credentialGone;
  await updateComputer(tx, computerId, after);
  record({ kind: 'computer.changed', actorId: by.actorId, subject: { computerId, fields } });

  const [earlier, now] = [addressesOf(before), addressesOf(after)];
  await lockAddresses(tx, now);
  const added = without(now, earlier);
  const from =
    without(earlier, now)
      .map(({ server, port }) => `${server} port ${port}`)
      .join(', ') || undefined;
  let credentialWaits = false;
  for (const credential of locked.values()) {
    const { credentialId } = credential;
    if (credentialId !== after.sharedCredentialId && !further.includes(credentialId)) continue;
    const isKept = credentialId === before.sharedCredentialId || further.includes(credentialId);
    const putting = isKept
      ? ({ addresses: added, why: 'address', from } as const)
      : ({ addresses: now, why: 'new_target' } as const);
    const waits = await putCredentialToUse(tx, record, { computerId, credential, ...by, ...putting });
    credentialWaits ||= waits;
  }
  await deleteUnusedTargets(tx, used);
  return ok({ credentialWaits });
}

function without(some: readonly Address[], others: readonly Address[]): Address[] {
  return some.filter(({ server, port }) => !others.some((other) => other.server === server && other.port === port));
}
