import { and, count, desc, eq, gt, inArray, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { ComputerId, PersonId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { Tx } from '../connect.ts';
import { computers, favoriteComputers, grants, groupMembers, sessions } from '../schema.ts';
import { matchesAll, readPage } from './page.ts';

export type ShopReader = {
  personId: PersonId;
  now: Date;
  /** Only computers that a grant of theirs reaches, now, later, or until not long ago. */
  onlyGranted: boolean;
};

/** One page of the computers that somebody finds in the shop: those they marked first, then by name. */
export async function readShopPage(
  tx: Tx,
  { personId, now, onlyGranted }: ShopReader,
  query: Pick<ListQuery, 'search' | 'page'>,
): Promise<Page<ComputerId>> {
  const texts = [computers.name, computers.description, computers.mode];
  const which = and(matchesAll(query.search, texts), onlyGranted ? isGranted(tx, personId, now) : undefined);
  const isFavorite = sql`exists (
    select 1 from ${favoriteComputers}
    where ${favoriteComputers.computerId} = ${computers.id} and ${favoriteComputers.personId} = ${personId})`;
  return readPage(
    query,
    async () => (await tx.select({ n: count() }).from(computers).where(which))[0]?.n ?? 0,
    async ({ limit, offset }) => {
      const rows = await tx
        .select({ id: computers.id })
        .from(computers)
        .where(which)
        .orderBy(sql`${isFavorite} desc`, sql`lower(${computers.name})`, computers.id)
        .limit(limit)
        .offset(offset);
      return rows.map(({ id }) => id);
    },
  );
}

// So long one finds what one had, with the word that it ended and whom to ask.
const missedMs = 30 * 24 * 60 * 60_000;

function isGranted(tx: Tx, personId: PersonId, now: Date): SQL {
  const sinceMissed = new Date(now.getTime() - missedMs);
  const theirs = tx.select({ id: groupMembers.groupId }).from(groupMembers).where(eq(groupMembers.personId, personId));
  const reached = tx
    .select({ id: grants.computerId })
    .from(grants)
    .where(
      and(
        or(eq(grants.personId, personId), inArray(grants.groupId, theirs)),
        isNull(grants.revokedAt),
        or(isNull(grants.endsAt), gt(grants.endsAt, sinceMissed)),
      ),
    );
  return inArray(computers.id, reached);
}

// Whoever opens more sessions than that on a few computers does not miss the one before.
const lookBack = 200;

/** The computers that somebody worked on last and still has a grant for, the latest first. */
export async function findRecentComputers(
  tx: Tx,
  { personId, now }: Pick<ShopReader, 'personId' | 'now'>,
  limit: number,
): Promise<ComputerId[]> {
  const latest = tx
    .select({ computerId: sessions.computerId, requestedAt: sessions.requestedAt })
    .from(sessions)
    .where(and(eq(sessions.personId, personId), isNotNull(sessions.openedAt)))
    .orderBy(desc(sessions.requestedAt))
    .limit(lookBack)
    .as('latest');
  const rows = await tx
    .select({ id: computers.id })
    .from(latest)
    .innerJoin(computers, eq(computers.id, latest.computerId))
    .where(isGranted(tx, personId, now))
    .groupBy(computers.id)
    .orderBy(desc(sql`max(${latest.requestedAt})`))
    .limit(limit);
  return rows.map(({ id }) => id);
}
