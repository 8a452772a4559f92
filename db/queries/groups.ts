import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { GroupId, PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { groupMembers, groups, people } from '../schema.ts';

export type Group = typeof groups.$inferSelect;
export type GroupWithMembers = Group & { members: { id: PersonId; name: string; email: string }[] };

export async function insertGroup(tx: Tx, group: { id: GroupId; name: string }): Promise<void> {
  await tx.insert(groups).values(group);
}

export async function lockGroup(tx: Tx, id: GroupId): Promise<Group | undefined> {
  const [group] = await tx.select().from(groups).where(eq(groups.id, id)).for('update');
  return group;
}

export async function updateGroupName(tx: Tx, id: GroupId, name: string): Promise<void> {
  await tx.update(groups).set({ name }).where(eq(groups.id, id));
}

export async function deleteGroupRow(tx: Tx, id: GroupId): Promise<void> {
  await tx.delete(groups).where(eq(groups.id, id));
}

export async function listMemberIds(tx: Tx, groupId: GroupId): Promise<PersonId[]> {
  const rows = await tx
    .select({ personId: groupMembers.personId })
    .from(groupMembers)
    .where(eq(groupMembers.groupId, groupId));
  return rows.map(({ personId }) => personId);
}

export async function addMembers(tx: Tx, groupId: GroupId, personIds: readonly PersonId[]): Promise<void> {
  if (personIds.length === 0) return;
  await tx.insert(groupMembers).values(personIds.map((personId) => ({ groupId, personId })));
}

export async function removeMembers(tx: Tx, groupId: GroupId, personIds: readonly PersonId[]): Promise<void> {
  if (personIds.length === 0) return;
  await tx
    .delete(groupMembers)
    .where(and(eq(groupMembers.groupId, groupId), inArray(groupMembers.personId, [...personIds])));
}

export async function listAllGroups(tx: Tx): Promise<GroupWithMembers[]> {
  const rows = await tx
    .select({ group: groups, member: { id: people.id, name: people.name, email: people.email } })
    .from(groups)
    .leftJoin(groupMembers, eq(groupMembers.groupId, groups.id))
    .leftJoin(people, eq(people.id, groupMembers.personId))
    .orderBy(sql`lower(${groups.name})`, asc(groups.id), sql`lower(${people.name})`);
  const found = new Map<GroupId, GroupWithMembers>();
  for (const { group, member } of rows) {
    const known = found.get(group.id) ?? { ...group, members: [] };
    found.set(group.id, known);
    if (member) known.members.push(member);
  }
  return [...found.values()];
}
