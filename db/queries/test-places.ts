import { and, asc, eq, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { ComputerId, CredentialId, PersonId } from '../../server/ids.ts';
import { choiceRows, type FoundChoice } from '../../server/protocol/list-query.ts';
import type { Tx } from '../connect.ts';
import { computers } from '../schema.ts';
import { matchesAll } from './page.ts';

/** The computers that use a shared credential, for Connect or in Advanced Mode: the first by name that match. */
export function findComputersWith(tx: Tx, credentialId: CredentialId, search: string): Promise<FoundChoice[]> {
  const isFurther = sql`exists (select 1 from computer_credentials f
    where f.computer_id = computers.id and f.credential_id = ${credentialId})`;
  const texts = [computers.name, computers.server];
  const which = or(eq(computers.sharedCredentialId, credentialId), isFurther);
  return findPlaces(tx, and(which, matchesAll(search, texts)), { hint: computers.server });
}

/**
 * The computers that somebody has a right in force for at this moment: the first by name that match. Their addresses are
 * not for everybody.
 */
export function findComputersOf(
  tx: Tx,
  { personId, now }: { personId: PersonId; now: Date },
  search: string,
): Promise<FoundChoice[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const isTheirs = sql`exists (select 1 from grants g where g.computer_id = computers.id and g.revoked_at is null
    and (g.starts_at is null or g.starts_at <= ${at}) and (g.ends_at is null or g.ends_at > ${at})
    and (g.person_id = ${personId} or exists (select 1 from group_members m
      where m.group_id = g.group_id and m.person_id = ${personId})))`;
  return findPlaces(tx, and(isNull(computers.disabledAt), isTheirs, matchesAll(search, [computers.name])), {});
}

function findPlaces(
  tx: Tx,
  which: SQL | undefined,
  besides: { hint?: typeof computers.server },
): Promise<FoundChoice[]> {
  return tx
    .select({ value: sql<string>`${computers.id}::text`, label: computers.name, ...besides })
    .from(computers)
    .where(and(eq(computers.mode, 'SSH'), which))
    .orderBy(asc(sql`lower(${computers.name})`), asc(computers.id))
    .limit(choiceRows);
}

/** Where a credential is tried out. */
export type TestPlace = { computerId: ComputerId; server: string; port: number };

export async function findTestPlace(tx: Tx, computerId: ComputerId): Promise<TestPlace | undefined> {
  const [row] = await tx
    .select({ computerId: computers.id, server: computers.server, port: computers.port })
    .from(computers)
    .where(and(eq(computers.id, computerId), eq(computers.mode, 'SSH')));
  return row;
}
