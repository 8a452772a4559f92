import { and, asc, isNull, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { choiceRows, type FoundChoice } from '../../server/protocol/list-query.ts';
import type { Tx } from '../connect.ts';
import { accessLevels, computers, groups, people, policies } from '../schema.ts';
import { matchesAll } from './page.ts';

// What forms offer to choose from: the first by name of what matches, each with what tells it from another of its name.

/** Enabled people by name or email. */
export function findPeople(tx: Tx, search: string, limit = choiceRows): Promise<FoundChoice[]> {
  return tx
    .select({ value: people.id, label: people.name, hint: people.email })
    .from(people)
    .where(and(isNull(people.disabledAt), matchesAll(search, [people.name, people.email])))
    .orderBy(...byName(people.name, people.id))
    .limit(limit);
}

/** Enabled people who are not in this group. */
export function findPeopleOutside(tx: Tx, groupId: string, search: string): Promise<FoundChoice[]> {
  const isOutside = sql`not exists (
    select 1 from group_members m where m.person_id = people.id and m.group_id = ${groupId})`;
  return tx
    .select({ value: people.id, label: people.name, hint: people.email })
    .from(people)
    .where(and(isNull(people.disabledAt), isOutside, matchesAll(search, [people.name, people.email])))
    .orderBy(...byName(people.name, people.id))
    .limit(choiceRows);
}

export async function findGroups(tx: Tx, search: string, limit = choiceRows): Promise<FoundChoice[]> {
  return tx
    .select({ value: groups.id, label: groups.name })
    .from(groups)
    .where(matchesAll(search, [groups.name]))
    .orderBy(...byName(groups.name, groups.id))
    .limit(limit);
}

/** Computers by name or address, those that are switched off as well: access to them can be given beforehand. */
export function findComputers(tx: Tx, search: string): Promise<FoundChoice[]> {
  return tx
    .select({ value: sql<string>`${computers.id}::text`, label: computers.name, hint: computers.server })
    .from(computers)
    .where(matchesAll(search, [computers.name, computers.server]))
    .orderBy(...byName(computers.name, computers.id))
    .limit(choiceRows);
}

export function findPolicies(tx: Tx, search: string): Promise<FoundChoice[]> {
  return tx
    .select({ value: policies.id, label: policies.name })
    .from(policies)
    .where(matchesAll(search, [policies.name]))
    .orderBy(...byName(policies.name, policies.id))
    .limit(choiceRows);
}

export async function findAccessLevels(tx: Tx, search: string): Promise<FoundChoice[]> {
  const rows = await tx
    .select({ value: accessLevels.id, label: accessLevels.name, hint: accessLevels.description })
    .from(accessLevels)
    .where(matchesAll(search, [accessLevels.name, accessLevels.description]))
    .orderBy(...byName(accessLevels.name, accessLevels.id))
    .limit(choiceRows);
  return rows.map(({ hint, ...row }) => (hint ? { ...row, hint } : row));
}

function byName(name: SQLWrapper, id: SQLWrapper): SQL[] {
  return [asc(sql`lower(${name})`), asc(id)];
}
