import { listAllPeople, type PersonWithGroups } from '../../db/queries/people.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';

/** A person as an administrator sees them. */
export type PersonRow = PersonWithGroups;

export async function listPeople(ctx: Context, actor: Actor): Promise<Outcome<PersonRow[]>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await listAllPeople(ctx.connection.db));
}
