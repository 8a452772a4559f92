import { and, count, eq, gt, inArray, isNotNull, isNull, lt, min, ne, sql } from 'drizzle-orm';
import type { CheckOutId, CredentialId, PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { assertionNonces, checkOuts, credentials, people, sessions } from '../schema.ts';

export type CheckOutRow = typeof checkOuts.$inferSelect;

export async function insertCheckOut(
  tx: Tx,
  row: Omit<typeof checkOuts.$inferInsert, 'usedAt' | 'sessionId' | 'endedAt' | 'alarms'>,
): Promise<void> {
  await tx.insert(checkOuts).values(row);
}

/** The check-out that an ApiKey is the handle of, whatever its state. */
export async function findCheckOutByKey(tx: Tx, apiKeyHash: Uint8Array): Promise<CheckOutRow | undefined> {
  const [row] = await tx.select().from(checkOuts).where(eq(checkOuts.apiKeyHash, apiKeyHash));
  return row;
}

export async function findCheckOut(tx: Tx, id: CheckOutId): Promise<CheckOutRow | undefined> {
  const [row] = await tx.select().from(checkOuts).where(eq(checkOuts.id, id));
  return row;
}

/**
 * Uses the handles up for this session: of any number of calls at once, one gets `taken`. `checked_out`: somebody else
 * works with the credential, and one of the two has it for themselves. In a transaction of the caller, whom all others
 * that take this credential wait for.
 */
export async function takeCheckOut(
  tx: Tx,
  { id, credentialId, personId, isExclusive }: CheckOutRow,
  sessionId: SessionId,
  now: Date,
): Promise<'taken' | 'gone' | 'checked_out'> {
  if (!credentialId) return 'gone';
  // Of two that look at once whether it is free, both would find that it is.
  await tx
    .select({ id: credentials.id })
    .from(credentials)
    .where(eq(credentials.id, credentialId))
    .for('no key update');
  const uses = await findUses(tx, [credentialId]);
  if (uses.some((use) => use.personId !== personId && (use.isExclusive || isExclusive))) return 'checked_out';
  const rows = await tx
    .update(checkOuts)
    .set({ usedAt: now, sessionId })
    .where(and(eq(checkOuts.id, id), isNull(checkOuts.usedAt), isNull(checkOuts.endedAt), gt(checkOuts.expiresAt, now)))
    .returning({ id: checkOuts.id });
  return rows.length === 1 ? 'taken' : 'gone';
}

export type CredentialUse = { credentialId: CredentialId | null; personId: PersonId; isExclusive: boolean };

/**
 * Who works with these credentials now: what was checked out and not ended, as long as its session lasts. A session that
 * ended gives its credential free, whether or not the identity API could be told already.
 */
export async function findUses(tx: Tx, credentialIds: readonly CredentialId[]): Promise<CredentialUse[]> {
  if (credentialIds.length === 0) return [];
  const { credentialId, personId, isExclusive, usedAt, endedAt } = checkOuts;
  return tx
    .select({ credentialId, personId, isExclusive })
    .from(checkOuts)
    .innerJoin(sessions, and(eq(sessions.id, checkOuts.sessionId), ne(sessions.state, 'ended')))
    .where(and(inArray(credentialId, [...credentialIds]), isNotNull(usedAt), isNull(endedAt)));
}

/** How many check-outs of this person wait to be used, and when the first of them expires. Locks the person's row. */
export async function countWaiting(
  tx: Tx,
  personId: PersonId,
  now: Date,
): Promise<{ count: number; firstExpiresAt: Date | null }> {
  await tx.select({ id: people.id }).from(people).where(eq(people.id, personId)).for('no key update');
  const { usedAt, endedAt, expiresAt } = checkOuts;
  const [row] = await tx
    .select({ count: count(), firstExpiresAt: min(expiresAt) })
    .from(checkOuts)
    .where(and(eq(checkOuts.personId, personId), isNull(usedAt), isNull(endedAt), gt(expiresAt, now)));
  return row ?? { count: 0, firstExpiresAt: null };
}

/** `true` for the one call that ended it. */
export async function markCheckOutEnded(tx: Tx, id: CheckOutId, endedAt: Date): Promise<boolean> {
  const rows = await tx
    .update(checkOuts)
    .set({ endedAt })
    .where(and(eq(checkOuts.id, id), isNull(checkOuts.endedAt)))
    .returning({ id: checkOuts.id });
  return rows.length === 1;
}

/** Counts an alarm about these handles and answers how many there were by now. */
export async function countAlarm(tx: Tx, id: CheckOutId): Promise<number> {
  const [row] = await tx
    .update(checkOuts)
    .set({ alarms: sql`${checkOuts.alarms} + 1` })
    .where(eq(checkOuts.id, id))
    .returning({ alarms: checkOuts.alarms });
  return row?.alarms ?? 0;
}

/** Takes a nonce; `false`: it was seen before. Those from before `forgetBefore` are dropped on the way. */
export async function takeNonce(
  tx: Tx,
  nonce: string,
  { now, forgetBefore }: { now: Date; forgetBefore: Date },
): Promise<boolean> {
  await tx.delete(assertionNonces).where(lt(assertionNonces.seenAt, forgetBefore));
  const rows = await tx
    .insert(assertionNonces)
    .values({ nonce, seenAt: now })
    .onConflictDoNothing()
    .returning({ nonce: assertionNonces.nonce });
  return rows.length === 1;
}
