import { and, asc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { PeopleSort } from '../../server/protocol/list-sorts.ts';
import type { Role } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { loginSessions, people } from '../schema.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

export type Person = typeof people.$inferSelect;
export type PersonFields = { name: string; email: string; roles: Role[] };

/** A person without what only sign-in needs, and with what an administrator wants to see beside it. */
export type PersonWithGroups = Omit<Person, 'passwordHash'> & {
  groups: string[];
  lastSignInAt: Date | null;
  /** `reset`: an administrator took it away, and a new one was not chosen yet. */
  masterPassword: 'none' | 'set' | 'reset';
  /** All that anybody but their owner may know of them. */
  personalCredentials: number;
};

const { passwordHash: _, ...visibleColumns } = getTableColumns(people);
const isEnabledAdmin = and(sql`'admin' = any(${people.roles})`, isNull(people.disabledAt));

export async function insertPerson(tx: Tx, person: PersonFields & { id: PersonId; passwordHash: string }) {
  await tx.insert(people).values(person);
}

/**
 * Emails are unique whatever their case; `email` comes in lower case. The database does not fold it again: it may know
 * letters (İ) that become others there than here, and each spelling would have its own count of attempts.
 */
export async function findPersonByEmail(tx: Tx, email: string): Promise<Person | undefined> {
  const [person] = await tx.select().from(people).where(sql`lower(${people.email}) = ${email}`);
  return person;
}

/** Reads a person and keeps others from changing them until the transaction ends. */
export async function lockPerson(tx: Tx, id: PersonId): Promise<Person | undefined> {
  const [person] = await tx.select().from(people).where(eq(people.id, id)).for('update');
  return person;
}

export async function updatePerson(tx: Tx, id: PersonId, fields: PersonFields): Promise<void> {
  await tx.update(people).set(fields).where(eq(people.id, id));
}

export async function updateDisabled(tx: Tx, id: PersonId, disabledAt: Date | null): Promise<void> {
  await tx.update(people).set({ disabledAt }).where(eq(people.id, id));
}

export async function updatePasswordHash(tx: Tx, id: PersonId, passwordHash: string): Promise<void> {
  await tx.update(people).set({ passwordHash }).where(eq(people.id, id));
}

/**
 * Locks the enabled administrators and answers whether one of them is somebody else than `id`. Two who take the role
 * from each other at the same moment wait here for each other, and the second finds nobody left. Call it before any
 * other lock of the transaction.
 */
export async function lockOtherAdmins(tx: Tx, id: PersonId): Promise<boolean> {
  const admins = await tx
    .select({ id: people.id })
    .from(people)
    .where(isEnabledAdmin)
    .orderBy(asc(people.id))
    .for('update');
  return admins.some((admin) => admin.id !== id);
}

/** Whether anybody is an administrator, disabled ones included: then set-up is over. */
export async function adminExists(tx: Tx): Promise<boolean> {
  const [admin] = await tx.select({ id: people.id }).from(people).where(sql`'admin' = any(${people.roles})`).limit(1);
  return admin !== undefined;
}

// Written out, because drizzle drops the names of tables where a query has only one.
const groupNames = sql<string[]>`coalesce((
  select array_agg(g.name order by lower(g.name)) from groups g
  join group_members m on m.group_id = g.id where m.person_id = people.id), '{}')`;
const lastSignIn = sql`(select max(l.created_at) from login_sessions l where l.person_id = people.id)`;
const masterPassword = sql<PersonWithGroups['masterPassword']>`case
  when exists (select 1 from person_keys k where k.person_id = people.id) then 'set'
  when exists (select 1 from master_password_links k where k.person_id = people.id and k.used_at is null) then 'reset'
  else 'none' end`;
const personalCredentials = sql<number>`(select count(*) from credentials c where c.owner_id = people.id)`;
const stateWord = sql`case when disabled_at is null then 'active' else 'disabled' end`;
const roleWords = sql`replace(array_to_string(roles, ' '), 'admin', 'administrator')`;

/** The people whose name, email, roles, state and groups have all words of the search. */
export async function pageOfPeople(tx: Tx, query: ListQuery<PeopleSort>): Promise<Page<PersonWithGroups>> {
  const wanted = matchesAll(query.search, [
    people.name,
    people.email,
    roleWords,
    stateWord,
    sql`array_to_string(${groupNames}, ' ')`,
  ]);
  const order = { name: sql`lower(${people.name})`, lastSignIn, state: stateWord };
  return readPage(
    query,
    () => tx.$count(people, wanted),
    ({ limit, offset }) =>
      tx
        .select({
          ...visibleColumns,
          groups: groupNames,
          lastSignInAt: lastSignIn.mapWith(loginSessions.createdAt),
          masterPassword,
          personalCredentials: personalCredentials.mapWith(Number),
        })
        .from(people)
        .where(wanted)
        .orderBy(...orderOf(query, order, people.id))
        .limit(limit)
        .offset(offset) as Promise<PersonWithGroups[]>,
  );
}

export type Administrator = Pick<Person, 'name' | 'email' | 'disabledAt'> & { lastSignInAt: Date | null };

/** Everybody with the role, disabled ones too, by name. */
export async function listAdministrators(tx: Tx): Promise<Administrator[]> {
  return tx
    .select({
      name: people.name,
      email: people.email,
      disabledAt: people.disabledAt,
      lastSignInAt: lastSignIn.mapWith(loginSessions.createdAt),
    })
    .from(people)
    .where(sql`'admin' = any(${people.roles})`)
    .orderBy(sql`lower(${people.name})`, asc(people.id)) as Promise<Administrator[]>;
}
