import { type PersonWithGroups, pageOfPeople } from '../../db/queries/people.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { PeopleSort } from '../protocol/list-sorts.ts';

/** A person as an administrator sees them. */
export type PersonRow = PersonWithGroups;

export async function listPeople(
  ctx: Context,
  actor: Actor,
  query: ListQuery<PeopleSort>,
): Promise<Outcome<Page<PersonRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfPeople(ctx.connection.db, query));
}
