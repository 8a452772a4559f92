import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { lockComputer, updateComputerDisabled } from '../../db/queries/computers.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { ComputerIdSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export const SetComputerDisabledInputSchema = z.object({ computerId: ComputerIdSchema, disabled: z.boolean() });

/** Switches a computer off for sessions, which ends those that run, or on again. */
export async function setComputerDisabled(
  ctx: Context,
  actor: Actor,
  { computerId, disabled }: z.output<typeof SetComputerDisabledInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const computer = await lockComputer(tx, computerId);
    if (!computer) return refuse('not_found');
    if ((computer.disabledAt !== null) === disabled) return ok(undefined);
    await updateComputerDisabled(tx, computerId, disabled ? ctx.clock.now() : null);
    const kind = disabled ? 'computer.disabled' : 'computer.enabled';
    record({ kind, actorId: actor.person.id, subject: { computerId } });
    await notify(tx, 'access_changed', {});
    return ok(undefined);
  });
}
