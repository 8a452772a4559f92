import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { CheckOutId, CredentialId, PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { assertionNonces, checkOuts, credentials } from '../schema.ts';

export type CheckOutRow = typeof checkOuts.$inferSelect;

export async function insertCheckOut(
  tx: Tx,
  row: Omit<CheckOutRow, 'accessLevel' | 'isExclusive' | 'usedAt' | 'sessionId' | 'endedAt' | 'alarms'>,
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

/** Uses the handles up for this session: of any number of calls at once, one gets `true`. */
export async function takeCheckOut(tx: Tx, id: CheckOutId, sessionId: SessionId, now: Date): Promise<boolean> {
  const rows = await tx
    .update(checkOuts)
    .set({ usedAt: now, sessionId })
    .where(and(eq(checkOuts.id, id), isNull(checkOuts.usedAt), isNull(checkOuts.endedAt), gt(checkOuts.expiresAt, now)))
    .returning({ id: checkOuts.id });
  return rows.length === 1;
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

/** Whose credential this is; `undefined` if there is none. */
export async function findCredentialOwner(
  tx: Tx,
  id: CredentialId,
): Promise<{ id: CredentialId; ownerId: PersonId | null } | undefined> {
  const [row] = await tx
    .select({ id: credentials.id, ownerId: credentials.ownerId })
    .from(credentials)
    .where(eq(credentials.id, id));
  return row;
}
