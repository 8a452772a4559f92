import { type ListedComputer, pageOfComputers } from '../../db/queries/computer-lists.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { ComputerSort } from '../protocol/list-sorts.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** A computer as an administrator sees it: its credentials by name, never by content. */
export type ComputerRow = ListedComputer;

export async function listComputers(
  ctx: Context,
  actor: Actor,
  query: ListQuery<ComputerSort>,
): Promise<Outcome<Page<ComputerRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfComputers(ctx.connection.db, query));
}
