import { and, asc, count, eq, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CredentialId, PersonId, RecordTypeId } from '../../server/ids.ts';
import { choiceRows, type FoundChoice, type ListQuery, type Page } from '../../server/protocol/list-query.ts';
import type { CredentialSort } from '../../server/protocol/list-sorts.ts';
import type { RecordKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import type { FieldValues } from '../schema/columns.ts';
import { awsRecords, credentials, credentialTargets, favoriteCredentials, recordTypes } from '../schema.ts';
import { isOwnedBy } from './credentials.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

/** A credential without its secret: all that may ever be shown. */
export type ShownCredential = {
  credentialId: CredentialId;
  name: string;
  description: string;
  type: RecordKind;
  recordTypeId: RecordTypeId;
  /** The name of its record type. */
  recordType: string;
  fields: FieldValues;
  username: string;
  /** Whose secret it signs in with, if not its own. */
  reference: { credentialId: CredentialId; name: string } | null;
  isFavorite: boolean;
  createdAt: Date;
  updatedAt: Date;
};

export type SharedCredential = ShownCredential & {
  /** Names of the first three computers that use it; `usedByCount` is how many there are. */
  usedBy: string[];
  usedByCount: number;
  /** At how many addresses it waits, itself or in a record that uses its secret; since when the last of them, and some. */
  suspended: number;
  waitingSince: Date | null;
  waitsAt: string[];
};

// AWS records stand in a list of their own, and sign in nowhere.
const signsIn = ne(credentials.type, 'aws_access_key');

const referred = alias(credentials, 'referred');
const byName = sql`lower(${credentials.name})`;

const shownColumns = {
  credentialId: credentials.id,
  name: credentials.name,
  description: credentials.description,
  type: credentials.type,
  recordTypeId: credentials.recordTypeId,
  recordType: recordTypes.name,
  fields: credentials.fields,
  username: credentials.username,
  reference: { credentialId: referred.id, name: referred.name },
  isFavorite: sql<boolean>`${favoriteCredentials.personId} is not null`,
  createdAt: credentials.createdAt,
  updatedAt: credentials.updatedAt,
};

// All users at once: asked for row by row, a search through thousands of either would take seconds.
const users = sql`(select u.credential_id, array_agg(u.name order by lower(u.name)) as names
  from (select c.shared_credential_id as credential_id, c.id, c.name from computers c
        union select f.credential_id, c.id, c.name from computer_credentials f join computers c on c.id = f.computer_id) u
  group by u.credential_id) users`;
const usesIt = sql`users.credential_id = ${credentials.id}`;
const usedBy = sql<string[]>`coalesce(users.names[1:3], '{}')`;
const usedByCount = sql<number>`coalesce(cardinality(users.names), 0)`;
const waiting = sql`(select t.server, t.port, max(t.suspended_at) as since from credential_targets t
  where t.suspended_at is not null and t.credential_id in (
    select r.id from credentials r where ${credentials.id} in (r.id, r.reference_id))
  group by t.server, t.port) waiting`;
const suspended = sql<number>`(select count(*)::int from ${waiting})`;
const waitingSince = sql<Date | null>`(select max(since) from ${waiting})`.mapWith(credentialTargets.suspendedAt);
const waitsAt = sql<string[]>`array(select server || ' port ' || port from ${waiting} order by 1 limit 5)`;

const orders: Record<Exclude<CredentialSort, 'favorite'>, SQL> = {
  name: byName,
  type: sql`lower(${recordTypes.name})`,
  username: sql`lower(${credentials.username})`,
  updated: sql`${credentials.updatedAt}`,
};

function inOrder({ sort, descending }: ListQuery<CredentialSort>): SQL[] {
  if (sort !== 'favorite') return orderOf({ sort, descending }, orders, credentials.id);
  const starless = sql`(${favoriteCredentials.personId} is null)`;
  return [descending ? sql`${starless} desc` : starless, asc(byName), asc(credentials.id)];
}

/** One page of the shared credentials, with the stars of `viewerId`. Computers that use them are searched too. */
export async function listSharedCredentials(
  tx: Tx,
  viewerId: PersonId,
  query: ListQuery<CredentialSort>,
): Promise<Page<SharedCredential>> {
  const userNames = sql`array_to_string(users.names, ' ')`;
  const texts = [credentials.name, credentials.description, credentials.username, recordTypes.name, userNames];
  const where = and(isNull(credentials.ownerId), signsIn, matchesAll(query.search, texts));
  const countAll = () =>
    tx
      .select({ n: count() })
      .from(credentials)
      .innerJoin(recordTypes, eq(recordTypes.id, credentials.recordTypeId))
      .leftJoin(users, usesIt)
      .where(where);
  return readPage(
    query,
    async () => (await countAll())[0]?.n ?? 0,
    ({ limit, offset }) =>
      tx
        .select({ ...shownColumns, usedBy, usedByCount, suspended, waitingSince, waitsAt })
        .from(credentials)
        .innerJoin(recordTypes, eq(recordTypes.id, credentials.recordTypeId))
        .leftJoin(referred, eq(referred.id, credentials.referenceId))
        .leftJoin(favoriteCredentials, isStarOf(viewerId))
        .leftJoin(users, usesIt)
        .where(where)
        .orderBy(...inOrder(query))
        .limit(limit)
        .offset(offset),
  );
}

/** All of somebody's own credentials, the stars first. */
export async function listPersonalCredentials(tx: Tx, ownerId: PersonId): Promise<ShownCredential[]> {
  return tx
    .select(shownColumns)
    .from(credentials)
    .innerJoin(recordTypes, eq(recordTypes.id, credentials.recordTypeId))
    .leftJoin(referred, eq(referred.id, credentials.referenceId))
    .leftJoin(favoriteCredentials, isStarOf(ownerId))
    .where(eq(credentials.ownerId, ownerId))
    .orderBy(sql`(${favoriteCredentials.personId} is null)`, asc(byName), asc(credentials.id));
}

function isStarOf(personId: PersonId): SQL | undefined {
  return and(eq(favoriteCredentials.credentialId, credentials.id), eq(favoriteCredentials.personId, personId));
}

/** Gives a credential the star of a person, or takes it away. */
export async function setStar(
  tx: Tx,
  star: { personId: PersonId; credentialId: CredentialId },
  isFavorite: boolean,
): Promise<void> {
  if (isFavorite) {
    await tx.insert(favoriteCredentials).values(star).onConflictDoNothing();
    return;
  }
  const { personId, credentialId } = star;
  await tx
    .delete(favoriteCredentials)
    .where(and(eq(favoriteCredentials.personId, personId), eq(favoriteCredentials.credentialId, credentialId)));
}

export type ChoiceQuery = {
  /** NULL: shared ones. */
  ownerId: PersonId | null;
  search: string;
  /** Only those whose secret another credential of this kind may use; not `except` itself. */
  referenceFor?: { type: RecordKind; except: CredentialId | null };
};

// Keys that were entered for an endpoint are lent to nobody.
const notForAnEndpoint = sql`not exists (select 1 from ${awsRecords}
  where ${awsRecords.credentialId} = ${credentials.id} and ${awsRecords.endpointUrl} is not null)`;

/** What a form offers: the first credentials by name that match, each with its user name. */
export async function findCredentials(tx: Tx, { ownerId, search, referenceFor }: ChoiceQuery): Promise<FoundChoice[]> {
  const fitting = referenceFor && [
    eq(credentials.type, referenceFor.type),
    isNotNull(credentials.secretId),
    notForAnEndpoint,
    referenceFor.except ? ne(credentials.id, referenceFor.except) : undefined,
  ];
  return tx
    .select({ value: credentials.id, label: credentials.name, hint: credentials.username })
    .from(credentials)
    .where(
      and(isOwnedBy(ownerId), matchesAll(search, [credentials.name, credentials.username]), ...(fitting ?? [signsIn])),
    )
    .orderBy(asc(byName), asc(credentials.id))
    .limit(choiceRows);
}
