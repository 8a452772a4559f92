import { and, desc, eq, sql } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { TermsSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { people, terms, termsAcceptances } from '../schema.ts';
import { matchesAll, orderOf, pageOfFound } from './page.ts';

export type TermsRow = { version: number; text: string; sha256: string; publishedAt: Date };

const columns = { version: terms.version, text: terms.text, sha256: terms.sha256, publishedAt: terms.publishedAt };

/** The version in force; `undefined` while nobody published any. */
export async function findCurrentTerms(tx: Tx): Promise<TermsRow | undefined> {
  const [row] = await tx.select(columns).from(terms).orderBy(desc(terms.version)).limit(1);
  return row;
}

export async function insertTerms(tx: Tx, row: TermsRow & { publishedBy: PersonId | null }): Promise<void> {
  await tx.insert(terms).values(row);
}

export type TermsHistoryRow = TermsRow & { publishedBy: string | null; accepted: number };

/** The versions whose text or author has all words of the search, with how many people accepted each. */
export async function pageOfTerms(tx: Tx, query: ListQuery<TermsSort>): Promise<Page<TermsHistoryRow>> {
  const wanted = matchesAll(query.search, [terms.text, people.name, sql`'version ' || ${terms.version}`]);
  const accepted = sql<number>`(select count(*) from terms_acceptances a where a.version = ${terms.version})`;
  const found = () =>
    tx
      .select({ ...columns, publishedBy: people.name, accepted: accepted.mapWith(Number).as('accepted') })
      .from(terms)
      .leftJoin(people, eq(people.id, terms.publishedBy))
      .where(wanted);
  return pageOfFound(tx, query, found, orderOf(query, { latest: sql`- ${terms.version}` }, terms.version));
}

export type Acceptance = { personId: PersonId; version: number; sha256: string; acceptedAt: Date };

/** `false`: it was accepted before, which stays as it is. */
export async function insertAcceptance(tx: Tx, acceptance: Acceptance): Promise<boolean> {
  const rows = await tx
    .insert(termsAcceptances)
    .values(acceptance)
    .onConflictDoNothing()
    .returning({ it: termsAcceptances.version });
  return rows.length === 1;
}

export async function hasAccepted(
  tx: Tx,
  personId: PersonId,
  { version, sha256 }: Pick<TermsRow, 'version' | 'sha256'>,
): Promise<boolean> {
  const rows = await tx
    .select({ version: termsAcceptances.version })
    .from(termsAcceptances)
    .where(
      and(
        eq(termsAcceptances.personId, personId),
        eq(termsAcceptances.version, version),
        eq(termsAcceptances.sha256, sha256),
      ),
    );
  return rows.length === 1;
}
