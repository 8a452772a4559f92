import { and, count, desc, eq } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { people, terms, termsAcceptances } from '../schema.ts';

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

/** Every version, the latest first, with how many people accepted it. */
export async function listTermsHistory(tx: Tx): Promise<TermsHistoryRow[]> {
  return tx
    .select({ ...columns, publishedBy: people.name, accepted: count(termsAcceptances.personId) })
    .from(terms)
    .leftJoin(people, eq(people.id, terms.publishedBy))
    .leftJoin(termsAcceptances, eq(termsAcceptances.version, terms.version))
    .groupBy(terms.version, people.name)
    .orderBy(desc(terms.version));
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
