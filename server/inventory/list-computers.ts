import { z } from 'zod';
import { type ComputerWithCredential, findComputer, listAllComputers } from '../../db/queries/computers.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { ComputerIdSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** A computer as an administrator sees it: its shared credential by name, never by content. */
export type ComputerRow = ComputerWithCredential;

export async function listComputers(ctx: Context, actor: Actor): Promise<Outcome<ComputerRow[]>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await listAllComputers(ctx.connection.db));
}

export const GetComputerInputSchema = z.object({ computerId: ComputerIdSchema });

export async function getComputer(
  ctx: Context,
  actor: Actor,
  { computerId }: z.output<typeof GetComputerInputSchema>,
): Promise<Outcome<ComputerRow>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const computer = await findComputer(ctx.connection.db, computerId);
  return computer ? ok(computer) : refuse('not_found');
}
