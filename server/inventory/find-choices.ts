import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import {
  findAccessLevels,
  findComputers,
  findGroups,
  findPeople,
  findPeopleOutside,
  findPolicies,
} from '../../db/queries/choices.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import { groupAsGrantee } from '../protocol/grantee.ts';
import { choiceRows, cleanSearch, type FoundChoice } from '../protocol/list-query.ts';
import { idSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** What somebody typed into a field that offers choices. */
export const FindChoicesInputSchema = z.object({ search: z.string().max(2000).transform(cleanSearch) });
type Typed = z.output<typeof FindChoicesInputSchema>;
type Choices = Outcome<readonly FoundChoice[]>;

async function found(ctx: Context, actor: Actor, find: (tx: Tx) => Promise<FoundChoice[]>): Promise<Choices> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await find(ctx.connection.db));
}

/** Who a grant can be for: groups and then people, as `readGrantee` tells them apart. */
export function findGranteeChoices(ctx: Context, actor: Actor, { search }: Typed): Promise<Choices> {
  return found(ctx, actor, async (tx) => {
    const groups = await findGroups(tx, search, choiceRows / 2);
    const people = await findPeople(tx, search, choiceRows - groups.length);
    const asGrantee = ({ value, label }: FoundChoice) => ({ value: groupAsGrantee(value), label, hint: 'Group' });
    return [...groups.map(asGrantee), ...people];
  });
}

export const FindMemberChoicesInputSchema = FindChoicesInputSchema.extend({ groupId: idSchema<GroupId>() });

/** Who could join a group. */
export function findMemberChoices(
  ctx: Context,
  actor: Actor,
  { search, groupId }: z.output<typeof FindMemberChoicesInputSchema>,
): Promise<Choices> {
  return found(ctx, actor, (tx) => findPeopleOutside(tx, groupId, search));
}

export function findComputerChoices(ctx: Context, actor: Actor, { search }: Typed): Promise<Choices> {
  return found(ctx, actor, (tx) => findComputers(tx, search));
}

export function findPolicyChoices(ctx: Context, actor: Actor, { search }: Typed): Promise<Choices> {
  return found(ctx, actor, (tx) => findPolicies(tx, search));
}

export function findAccessLevelChoices(ctx: Context, actor: Actor, { search }: Typed): Promise<Choices> {
  return found(ctx, actor, (tx) => findAccessLevels(tx, search));
}
