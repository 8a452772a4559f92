import { type ComputerWithCredential, listAllComputers } from '../../db/queries/computers.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** A computer as an administrator sees it: its shared credential by name, never by content. */
export type ComputerRow = ComputerWithCredential;

export async function listComputers(ctx: Context, actor: Actor): Promise<Outcome<ComputerRow[]>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await listAllComputers(ctx.connection.db));
}
