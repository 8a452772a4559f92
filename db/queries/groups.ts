import { and, eq, inArray, sql } from 'drizzle-orm';
import type { GroupId, PersonId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { GroupSort, MemberSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { groupMembers, groups, people } from '../schema.ts';
import { matchesAll, orderOf, pageOfFound, readPage } from './page.ts';

export type Group = typeof groups.$inferSelect;
/** A group with how many people are in it and how many grants it has that nobody revoked. */
export type GroupRow = { id: GroupId; name: string; members: number; grants: number };
export type MemberRow = { id: PersonId; name: string; email: string; disabledAt: Date | null };

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

/** Puts people into a group; answers who was not in it yet. */
export async function addMembers(tx: Tx, groupId: GroupId, personIds: readonly PersonId[]): Promise<PersonId[]> {
  if (personIds.length === 0) return [];
  const rows = await tx
    .insert(groupMembers)
    .values(personIds.map((personId) => ({ groupId, personId })))
    .onConflictDoNothing()
    .returning({ personId: groupMembers.personId });
  return rows.map(({ personId }) => personId);
}

/** Takes people out of a group; answers who was in it. */
export async function removeMembers(tx: Tx, groupId: GroupId, personIds: readonly PersonId[]): Promise<PersonId[]> {
  if (personIds.length === 0) return [];
  const rows = await tx
    .delete(groupMembers)
    .where(and(eq(groupMembers.groupId, groupId), inArray(groupMembers.personId, [...personIds])))
    .returning({ personId: groupMembers.personId });
  return rows.map(({ personId }) => personId);
}

/** By its name, whatever its case. */
export async function findGroupByName(tx: Tx, name: string): Promise<Group | undefined> {
  const [group] = await tx.select().from(groups).where(sql`lower(${groups.name}) = lower(${name})`);
  return group;
}

// Written out, because drizzle drops the names of tables where a query has only one.
const memberCount = sql<number>`(select count(*) from group_members m where m.group_id = groups.id)`;
const grantCount = sql<number>`(
  select count(*) from grants g where g.group_id = groups.id and g.revoked_at is null)`;

/** The groups whose name has all words of the search. */
export async function pageOfGroups(tx: Tx, query: ListQuery<GroupSort>): Promise<Page<GroupRow>> {
  const wanted = matchesAll(query.search, [groups.name]);
  const order = { name: sql`lower(${groups.name})`, members: memberCount };
  return readPage(
    query,
    () => tx.$count(groups, wanted),
    ({ limit, offset }) =>
      selectGroups(tx)
        .where(wanted)
        .orderBy(...orderOf(query, order, groups.id))
        .limit(limit)
        .offset(offset),
  );
}

export async function findGroup(tx: Tx, id: GroupId): Promise<GroupRow | undefined> {
  const [group] = await selectGroups(tx).where(eq(groups.id, id));
  return group;
}

function selectGroups(tx: Tx) {
  return tx
    .select({
      id: groups.id,
      name: groups.name,
      members: memberCount.mapWith(Number),
      grants: grantCount.mapWith(Number),
    })
    .from(groups);
}

/** The members of a group whose name or email has all words of the search, disabled people included. */
export async function pageOfMembers(tx: Tx, groupId: GroupId, query: ListQuery<MemberSort>): Promise<Page<MemberRow>> {
  const wanted = and(eq(groupMembers.groupId, groupId), matchesAll(query.search, [people.name, people.email]));
  const found = () =>
    tx
      .select({ id: people.id, name: people.name, email: people.email, disabledAt: people.disabledAt })
      .from(groupMembers)
      .innerJoin(people, eq(people.id, groupMembers.personId))
      .where(wanted);
  return pageOfFound(tx, query, found, orderOf(query, { name: sql`lower(${people.name})` }, people.id));
}
