import { and, asc, desc, eq, gte, isNotNull, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import type { ApiTokenId, AwsCallId, PersonId, SessionId, WriterId } from '../../server/ids.ts';
import type { CallFilter } from '../../server/protocol/aws-words.ts';
import type { Tx } from '../connect.ts';
import { apiTokens, awsCalls, sessions } from '../schema.ts';
import { matchesAll } from './page.ts';

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

const hasFailed = or(gte(awsCalls.status, 400), isNotNull(awsCalls.problem));
const meant: Record<CallFilter, SQL | undefined> = {
  refused: isNotNull(awsCalls.refusal),
  failed: and(isNull(awsCalls.refusal), hasFailed),
  repeated: eq(awsCalls.isRepeat, true),
};

export type AwsCallRow = typeof awsCalls.$inferSelect;

/** Calls of a session, the latest first; `before` is the last of the page before. */
export async function listCallsOf(
  tx: Tx,
  sessionId: SessionId,
  { search, only, before, limit }: { search: string; only?: CallFilter; before?: AwsCallId; limit: number },
): Promise<AwsCallRow[]> {
  const { id, startedAt, service, operation, resource, region, command, path, host } = awsCalls;
  const from = sql`(select c.started_at, c.id from aws_calls c where c.id = ${before ?? null})`;
  return tx
    .select()
    .from(awsCalls)
    .where(
      and(
        eq(awsCalls.sessionId, sessionId),
        only && meant[only],
        before && sql`(${startedAt}, ${id}) < ${from}`,
        matchesAll(search, [
          sql`${service} || ':' || coalesce(${operation}, '?')`,
          resource,
          region,
          command,
          path,
          host,
        ]),
      ),
    )
    .orderBy(desc(startedAt), desc(id))
    .limit(limit);
}

/** What a session called, by operation: the most called first. Times in milliseconds, of calls that were answered. */
export async function sumOperations(tx: Tx, sessionId: SessionId) {
  const { service, operation, region, refusal, startedAt, finishedAt } = awsCalls;
  const tookMs = sql`extract(epoch from ${finishedAt} - ${startedAt}) * 1000`;
  const made = isNull(refusal);
  return tx
    .select({
      operation: sql<string>`${service} || ':' || coalesce(${operation}, '?')`,
      region,
      calls: sql<number>`count(*) filter (where ${made})::int`,
      refused: sql<number>`count(*) filter (where ${refusal} is not null)::int`,
      failed: sql<number>`count(*) filter (where ${meant.failed})::int`,
      /** To the person, and from them. */
      bytesOut: sql<number>`coalesce(sum(${awsCalls.bytesIn}), 0)::float8`,
      bytesIn: sql<number>`coalesce(sum(${awsCalls.bytesOut}), 0)::float8`,
      medianMs: sql<
        number | null
      >`round(percentile_cont(0.5) within group (order by ${tookMs}) filter (where ${made} and ${finishedAt} is not null))::int`,
      slowestMs: sql<number | null>`round(max(${tookMs}) filter (where ${made}))::int`,
      firstAt: sql<string>`to_char(min(${startedAt}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
      lastAt: sql<string>`to_char(max(${startedAt}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    })
    .from(awsCalls)
    .where(eq(awsCalls.sessionId, sessionId))
    .groupBy(service, operation, region)
    .orderBy(sql`count(*) desc`, asc(service), asc(operation), asc(region));
}

/** What a session was not let do, the earliest first. */
export async function listRefusedCalls(tx: Tx, sessionId: SessionId, limit: number) {
  const { id, startedAt, service, operation, region, resource, refusal } = awsCalls;
  return tx
    .select({
      requestId: id,
      at: startedAt,
      operation: sql<string>`${service} || ':' || coalesce(${operation}, '?')`,
      ...{ region, resource, refusal },
    })
    .from(awsCalls)
    .where(and(eq(awsCalls.sessionId, sessionId), meant.refused))
    .orderBy(asc(startedAt), asc(id))
    .limit(limit);
}
