import { eq, sql } from 'drizzle-orm';
import type { AccessLevelId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { AccessLevelSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { accessLevels } from '../schema.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

export type AccessLevelValues = { name: string; description: string };
/** A level with how many grants give it, revoked ones included, and how many credentials of computers need it. */
export type AccessLevelRow = AccessLevelValues & { accessLevelId: AccessLevelId; grants: number; credentials: number };

// Written out, because drizzle drops the names of tables where a query has only one.
const grantCount = sql<number>`(select count(*) from grants g where g.access_level_id = access_levels.id)`;
const credentialCount = sql<number>`(
  select count(*) from computer_credentials c where c.access_level_id = access_levels.id)`;

/** The levels whose name or description has all words of the search. */
export async function pageOfAccessLevels(tx: Tx, query: ListQuery<AccessLevelSort>): Promise<Page<AccessLevelRow>> {
  const wanted = matchesAll(query.search, [accessLevels.name, accessLevels.description]);
  const order = { name: sql`lower(${accessLevels.name})`, uses: sql`${grantCount} + ${credentialCount}` };
  return readPage(
    query,
    () => tx.$count(accessLevels, wanted),
    ({ limit, offset }) =>
      tx
        .select({
          accessLevelId: accessLevels.id,
          name: accessLevels.name,
          description: accessLevels.description,
          grants: grantCount.mapWith(Number),
          credentials: credentialCount.mapWith(Number),
        })
        .from(accessLevels)
        .where(wanted)
        .orderBy(...orderOf(query, order, accessLevels.id))
        .limit(limit)
        .offset(offset),
  );
}

export async function insertAccessLevel(tx: Tx, level: AccessLevelValues & { id: AccessLevelId }): Promise<void> {
  await tx.insert(accessLevels).values(level);
}

/** The level as it is, locked until the transaction ends. */
export async function lockAccessLevel(tx: Tx, id: AccessLevelId): Promise<AccessLevelValues | undefined> {
  const [row] = await tx
    .select({ name: accessLevels.name, description: accessLevels.description })
    .from(accessLevels)
    .where(eq(accessLevels.id, id))
    .for('update');
  return row;
}

export async function updateAccessLevel(tx: Tx, id: AccessLevelId, values: AccessLevelValues): Promise<void> {
  await tx.update(accessLevels).set(values).where(eq(accessLevels.id, id));
}

export async function deleteAccessLevelRow(tx: Tx, id: AccessLevelId): Promise<void> {
  await tx.delete(accessLevels).where(eq(accessLevels.id, id));
}
