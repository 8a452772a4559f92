import type { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { type ComputerValues, insertComputer } from '../../db/queries/computers.ts';
import { addressesOf, lockAddresses, lockCredentialsForUse } from '../../db/queries/credential-targets.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { type ComputerGuid, type ComputerId, type CredentialId, newId, type PersonId } from '../ids.ts';
import { ComputerFieldsSchema, differentServers } from './computer-fields.ts';
import { computerNameTaken, credentialGone } from './computer-refusals.ts';
import { optionalIdSchema } from './input-fields.ts';
import { putCredentialToUse } from './put-credential-to-use.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const CreateComputerInputSchema = ComputerFieldsSchema.extend({
  sharedCredentialId: optionalIdSchema<CredentialId>(),
}).superRefine(differentServers);
export type CreateComputerInput = z.output<typeof CreateComputerInputSchema>;

export type AddedComputer = {
  computerId: ComputerId;
  guid: ComputerGuid;
  /** The credential is not used at an address of it before somebody else confirms it, or enters it again. */
  credentialWaits: boolean;
};

/** Adds a computer, with or without a shared credential. A name that another computer has is a conflict. */
export async function createComputer(
  ctx: Context,
  actor: Actor,
  input: CreateComputerInput,
): Promise<Outcome<AddedComputer>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ computers_name: computerNameTaken(input.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const added = await addComputer(tx, record, input, { actorId: actor.person.id, now: ctx.clock.now() });
      if (added.ok) await notify(tx, 'access_changed', {});
      return added;
    }),
  );
}

/** Adds a computer within a transaction, for whoever may. Without `actorId` it is the installation that does. */
export async function addComputer(
  tx: Tx,
  record: (event: AuditEvent) => void,
  values: ComputerValues,
  { actorId, now }: { actorId?: PersonId; now: Date },
): Promise<Outcome<AddedComputer>> {
  const { sharedCredentialId: id, name, server, port } = values;
  const credential = id && (await lockCredentialsForUse(tx, [id])).get(id);
  if (id && !credential) return credentialGone;
  const guid = newId<ComputerGuid>();
  const computerId = await insertComputer(tx, { ...values, guid });
  record({ kind: 'computer.created', actorId, subject: { computerId, name, server, port } });
  if (!credential) return ok({ computerId, guid, credentialWaits: false });
  const addresses = addressesOf(values);
  await lockAddresses(tx, addresses);
  const putting = { computerId, credential, addresses, why: 'new_target', actorId, now } as const;
  return ok({ computerId, guid, credentialWaits: await putCredentialToUse(tx, record, putting) });
}
