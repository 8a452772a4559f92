import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { insertComputer } from '../../db/queries/computers.ts';
import { lockSharedCredential } from '../../db/queries/credentials.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { type ComputerGuid, type ComputerId, type CredentialId, newId } from '../ids.ts';
import { computerNameTaken, credentialGone } from './computer-refusals.ts';
import { DescriptionSchema, NameSchema, optionalIdSchema, PortSchema, ServerSchema } from './input-fields.ts';
import { putCredentialToUse } from './put-credential-to-use.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const CreateComputerInputSchema = z.object({
  name: NameSchema,
  description: DescriptionSchema,
  mode: z.literal('SSH', 'Only SSH computers can be added so far.').default('SSH'),
  server: ServerSchema,
  port: PortSchema,
  sharedCredentialId: optionalIdSchema<CredentialId>(),
});
export type CreateComputerInput = z.output<typeof CreateComputerInputSchema>;

/** Adds a computer, with or without a shared credential. A name that another computer has is a conflict. */
export async function createComputer(
  ctx: Context,
  actor: Actor,
  input: CreateComputerInput,
): Promise<Outcome<{ computerId: ComputerId; guid: ComputerGuid }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ computers_name: computerNameTaken(input.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const { sharedCredentialId: credentialId, name, server, port } = input;
      if (credentialId && !(await lockSharedCredential(tx, credentialId))) return credentialGone;
      const guid = newId<ComputerGuid>();
      const computerId = await insertComputer(tx, { ...input, guid });
      const actorId = actor.person.id;
      record({ kind: 'computer.created', actorId, subject: { computerId, name, server, port } });
      if (credentialId) await putCredentialToUse(tx, record, { credentialId, computerId, server, port, actorId });
      await notify(tx, 'access_changed', {});
      return ok({ computerId, guid });
    }),
  );
}
