import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm';
import type { ApiTokenId, AwsCallId, PersonId, SessionId, WriterId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { apiTokens, awsCalls, sessions } from '../schema.ts';

export type NewCall = typeof awsCalls.$inferInsert;

/** Writes calls that are not there yet; answers which those were, so that each is told once however often it is tried. */
export async function insertCalls(tx: Tx, calls: readonly NewCall[]): Promise<Set<AwsCallId>> {
  if (calls.length === 0) return new Set();
  const rows = await tx
    .insert(awsCalls)
    .values([...calls])
    .onConflictDoNothing()
    .returning({ id: awsCalls.id });
  return new Set(rows.map(({ id }) => id));
}

export type CallEnding = {
  finishedAt: Date;
  status?: number | null;
  awsRequestId?: string | null;
  bytesIn: number;
  bytesOut: number;
  problem?: string | null;
};

/** Writes how a call ended. `true` only for the first that says so. */
export async function finishCall(tx: Tx, id: AwsCallId, ending: CallEnding): Promise<boolean> {
  const rows = await tx
    .update(awsCalls)
    .set(ending)
    .where(and(eq(awsCalls.id, id), isNull(awsCalls.finishedAt)))
    .returning({ id: awsCalls.id });
  return rows.length === 1;
}

/** Adds to what sessions of calls came to. Bytes as at a terminal: out is what its person got, in what they sent. */
export async function addToSession(
  tx: Tx,
  id: SessionId,
  more: { calls: number; bytesOut: number; bytesIn: number; lastCallAt: Date | null },
): Promise<void> {
  await tx
    .update(sessions)
    .set({
      calls: sql`${sessions.calls} + ${more.calls}`,
      bytesOut: sql`${sessions.bytesOut} + ${more.bytesOut}`,
      bytesIn: sql`${sessions.bytesIn} + ${more.bytesIn}`,
      ...(more.lastCallAt && { lastInputAt: more.lastCallAt }),
    })
    .where(eq(sessions.id, id));
}

export async function markTokenUsed(tx: Tx, id: ApiTokenId, used: { at: Date; from: string }): Promise<void> {
  await tx
    .update(apiTokens)
    .set({ lastUsedAt: used.at, lastUsedFrom: used.from })
    .where(
      and(eq(apiTokens.id, id), sql`coalesce(${apiTokens.lastUsedAt} < ${used.at.toISOString()}::timestamptz, true)`),
    );
}

/** A session of calls that begins with its first call. */
export async function insertCallSession(
  tx: Tx,
  session: Pick<
    typeof sessions.$inferInsert,
    'personId' | 'apiTokenId' | 'credentialId' | 'grantId' | 'policy' | 'requestedAt' | 'leaseUntil'
  > & { id: SessionId; gatewayId: WriterId },
): Promise<void> {
  await tx.insert(sessions).values({
    ...session,
    mode: 'AWS',
    state: 'active',
    openedAt: session.requestedAt,
  });
}

/** Sessions of calls that another process held: of one that is gone, since only one runs at a time. */
export async function findCallSessionsLeftBehind(
  tx: Tx,
  holder: WriterId,
): Promise<{ sessionId: SessionId; personId: PersonId }[]> {
  return tx
    .select({ sessionId: sessions.id, personId: sessions.personId })
    .from(sessions)
    .where(
      and(
        eq(sessions.mode, 'AWS'),
        sql`${sessions.state} <> 'ended'`,
        sql`${sessions.gatewayId} is distinct from ${holder}`,
      ),
    );
}

/** Calls of sessions that ended before then, of which nobody will say any more how they ended themselves. */
export async function findUnfinishedCalls(
  tx: Tx,
  endedBefore: Date,
  limit: number,
): Promise<{ id: AwsCallId; sessionId: SessionId; personId: PersonId }[]> {
  return tx
    .select({ id: awsCalls.id, sessionId: awsCalls.sessionId, personId: sessions.personId })
    .from(awsCalls)
    .innerJoin(sessions, eq(sessions.id, awsCalls.sessionId))
    .where(and(isNull(awsCalls.finishedAt), lte(sessions.endedAt, endedBefore)))
    .orderBy(asc(awsCalls.startedAt))
    .limit(limit);
}
