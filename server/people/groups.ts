import { notify } from '../../db/notify.ts';
import {
  addMembers,
  deleteGroupRow,
  findGroup,
  type GroupRow,
  insertGroup,
  lockGroup,
  type MemberRow,
  pageOfGroups,
  pageOfMembers,
  removeMembers,
  updateGroupName,
} from '../../db/queries/groups.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type GroupId, isUuid, newId, type PersonId } from '../ids.ts';
import { NameSchema } from '../inventory/input-fields.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { refusingViolations } from '../inventory/refusing-violations.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { GroupSort, MemberSort } from '../protocol/list-sorts.ts';
import { readFields } from './person-fields.ts';

export type { GroupRow, MemberRow };

const nameTaken = refuse('conflict', {
  problem: 'There is a group of this name already. Use another one.',
  field: 'name',
});
const hasGrants = refuse('conflict', {
  problem: 'This group was given access to computers, which is kept as evidence. Remove its members instead.',
});
const unknownMember = refuse('invalid_input', { problem: 'One of these people does not exist.', field: 'personId' });

export async function listGroups(
  ctx: Context,
  actor: Actor,
  query: ListQuery<GroupSort>,
): Promise<Outcome<Page<GroupRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfGroups(ctx.connection.db, query));
}

/** One group and a page of its members. */
export async function getGroup(
  ctx: Context,
  actor: Actor,
  { groupId, query }: { groupId: GroupId; query: ListQuery<MemberSort> },
): Promise<Outcome<{ group: GroupRow; members: Page<MemberRow> }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const group = isUuid(groupId) ? await findGroup(ctx.connection.db, groupId) : undefined;
  if (!group) return refuse('not_found');
  return ok({ group, members: await pageOfMembers(ctx.connection.db, groupId, query) });
}

export async function createGroup(
  ctx: Context,
  actor: Actor,
  input: { name: string },
): Promise<Outcome<{ groupId: GroupId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const name = readName(input.name);
  if (!name.ok) return name;
  const groupId = newId<GroupId>();
  return refusingViolations({ groups_name: nameTaken }, () =>
    ctx.audit.transact(async (tx, record) => {
      await insertGroup(tx, { id: groupId, name: name.value });
      record({ kind: 'group.created', actorId: actor.person.id, subject: { groupId, name: name.value } });
      return ok({ groupId });
    }),
  );
}

export async function renameGroup(
  ctx: Context,
  actor: Actor,
  input: { groupId: GroupId; name: string },
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const name = readName(input.name);
  if (!name.ok) return name;
  const { groupId } = input;
  if (!isUuid(groupId)) return refuse('not_found');
  return refusingViolations({ groups_name: nameTaken }, () =>
    ctx.audit.transact(async (tx, record) => {
      const group = await lockGroup(tx, groupId);
      if (!group) return refuse('not_found');
      if (group.name === name.value) return ok(undefined);
      await updateGroupName(tx, groupId, name.value);
      record({ kind: 'group.renamed', actorId: actor.person.id, subject: { groupId, name: name.value } });
      return ok(undefined);
    }),
  );
}

type MemberChange = { groupId: GroupId; add?: readonly PersonId[]; remove?: readonly PersonId[] };

/**
 * Puts people into the group and takes others out; who is there, or gone, already is no change. Who leaves loses what the
 * group gives at once, running sessions included.
 */
export async function changeGroupMembers(
  ctx: Context,
  actor: Actor,
  { groupId, add = [], remove = [] }: MemberChange,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  if (!isUuid(groupId)) return refuse('not_found');
  if (![...add, ...remove].every(isUuid)) return unknownMember;
  return refusingViolations({ group_members_person_id_people_id_fk: unknownMember }, () =>
    ctx.audit.transact(async (tx, record) => {
      if (!(await lockGroup(tx, groupId))) return refuse('not_found');
      const added = await addMembers(tx, groupId, add);
      const removed = await removeMembers(tx, groupId, remove);
      if (added.length + removed.length === 0) return ok(undefined);
      record({ kind: 'group.members_changed', actorId: actor.person.id, subject: { groupId, added, removed } });
      await notify(tx, 'access_changed', {});
      return ok(undefined);
    }),
  );
}

/** Deletes a group that never gave access to anything. */
export async function deleteGroup(
  ctx: Context,
  actor: Actor,
  { groupId }: { groupId: GroupId },
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  if (!isUuid(groupId)) return refuse('not_found');
  return refusingViolations({ grants_group_id_groups_id_fk: hasGrants }, () =>
    ctx.audit.transact(async (tx, record) => {
      const group = await lockGroup(tx, groupId);
      if (!group) return refuse('not_found');
      await deleteGroupRow(tx, groupId);
      record({ kind: 'group.deleted', actorId: actor.person.id, subject: { groupId, name: group.name } });
      await notify(tx, 'access_changed', {});
      return ok(undefined);
    }),
  );
}

function readName(name: string): Outcome<string> {
  const read = readFields(NameSchema, name);
  return read.ok ? read : { ...read, params: { ...read.params, field: 'name' } };
}
