import { and, asc, eq, isNull, lt, lte, min, ne, or, sql } from 'drizzle-orm';
import type { PersonId, PolicyId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { recordings, recordingTexts } from '../schema.ts';

// What counts now for a recording: its policy, or the setting where the policy says nothing; 0 and NULL are for ever.
const daysNow = (byDefault: number) => sql`nullif(coalesce(p.retention_days, ${byDefault}), 0)`;
// An older recording has no policy any more where somebody cleaned up by hand; then the setting counts.
const ofPolicy = sql`sessions s left join policies p on p.id = (s.policy ->> 'policyId')::uuid`;
const base = sql`coalesce(r.sealed_at, s.ended_at, r.started_at)`;

/** Gives a recording that was just closed the day until which it is kept. `byDefault`: days, 0 for ever. */
export async function giveRetention(tx: Tx, sessionId: SessionId, byDefault: number): Promise<void> {
  await tx.execute(sql`
    update recordings r set retain_until = ${base} + make_interval(days => ${daysNow(byDefault)})
    from ${ofPolicy} where s.id = r.session_id and r.session_id = ${sessionId}`);
}

/** Those of a policy, those that follow the setting, or one. */
type Which = { policyId: PolicyId } | { sessionId: SessionId } | { ofSetting: true };
export type RetentionOrder = Which & { byDefault: number; soonest: Date };
export type RetentionChange = { lengthened: number; dated: number };

/**
 * Brings recordings that are there to what counts now: never to an earlier day than they have. One that was to be kept for
 * ever gets a day, and never one before `soonest`.
 */
export async function changeRetention(
  tx: Tx,
  { byDefault, soonest, ...which }: RetentionOrder,
): Promise<RetentionChange> {
  const until = sql`${base} + make_interval(days => ${daysNow(byDefault)})`;
  const rows = await tx.execute<{ was_dated: boolean; n: string }>(sql`
    with changed as (
      update recordings r set retain_until = case
        when b.retain_until is null then greatest(${until}, ${soonest.toISOString()}::timestamptz) else ${until} end
      from ${ofPolicy}, recordings b
      where s.id = r.session_id and b.session_id = r.session_id and ${isMeant(which)} and r.state in ('sealed', 'failed')
        and case when r.retain_until is null then ${daysNow(byDefault)} is not null
          else ${daysNow(byDefault)} is null or ${until} > r.retain_until end
      returning b.retain_until is not null as was_dated)
    select was_dated, count(*) as n from changed group by was_dated`);
  const count = (wasDated: boolean) => Number(rows.find(({ was_dated }) => was_dated === wasDated)?.n ?? 0);
  return { lengthened: count(true), dated: count(false) };
}

function isMeant(which: Which) {
  if ('policyId' in which) return sql`p.id = ${which.policyId}`;
  return 'sessionId' in which ? sql`r.session_id = ${which.sessionId}` : sql`p.retention_days is null`;
}

const { sessionId, state, path, bytes, heldAt, holdReason, liftAskedAt, liftAskedBy, liftReason } = recordings;
const { retainUntil, keptAt, keptWhy, deletedAt, deleteReason, erasedAt } = recordings;
const fate = { retainUntil, keptAt, keptWhy, deletedAt, deleteReason, erasedAt };
const hold = { heldAt, holdReason, liftAskedAt, liftAskedBy, liftReason };

/** A recording as it is to be kept or deleted, locked until the transaction ends. */
export async function lockFate(tx: Tx, id: SessionId) {
  const [row] = await tx
    .select({ sessionId, state, path, bytes, ...fate, ...hold })
    .from(recordings)
    .where(eq(sessionId, id))
    .for('update');
  return row;
}

export type RecordingFate = NonNullable<Awaited<ReturnType<typeof lockFate>>>;

const mostAtOnce = 20;

/** Recordings whose time is over, the longest first; one that was kept all the same only when that was before `retryBefore`. */
export async function findDueForDeletion(
  tx: Tx,
  { now, retryBefore }: { now: Date; retryBefore: Date },
): Promise<SessionId[]> {
  const rows = await tx
    .select({ sessionId })
    .from(recordings)
    .where(
      and(
        ne(state, 'deleted'),
        ne(state, 'writing'),
        lte(retainUntil, now),
        or(isNull(keptAt), lt(keptAt, retryBefore)),
      ),
    )
    .orderBy(asc(retainUntil))
    .limit(mostAtOnce);
  return rows.map((row) => row.sessionId);
}

/** Deleted recordings whose files are still there: what a process leaves behind that stopped in between. */
export async function findToErase(tx: Tx, retryBefore: Date): Promise<SessionId[]> {
  const rows = await tx
    .select({ sessionId })
    .from(recordings)
    .where(and(eq(state, 'deleted'), isNull(erasedAt), or(isNull(keptAt), lt(keptAt, retryBefore))))
    .orderBy(asc(deletedAt))
    .limit(mostAtOnce);
  return rows.map((row) => row.sessionId);
}

/** When the next recording is due that is not yet; `undefined` when none is. */
export async function nextRetentionEnd(tx: Tx, now: Date): Promise<Date | undefined> {
  const [row] = await tx
    .select({ at: min(retainUntil) })
    .from(recordings)
    .where(and(ne(state, 'deleted'), sql`${retainUntil} > ${now.toISOString()}`));
  return row?.at ?? undefined;
}

/** It is deleted: its text is gone with this transaction, its files follow. */
export async function markDeleted(tx: Tx, id: SessionId, { at, reason }: { at: Date; reason: string }): Promise<void> {
  await tx
    .update(recordings)
    .set({ state: 'deleted', deletedAt: at, deleteReason: reason, keptAt: null, keptWhy: null, secretPrints: [] })
    .where(eq(sessionId, id));
  await tx.delete(recordingTexts).where(eq(recordingTexts.sessionId, id));
}

export async function markErased(tx: Tx, id: SessionId, at: Date): Promise<void> {
  await tx
    .update(recordings)
    .set({ erasedAt: at, keptAt: null, keptWhy: null })
    .where(and(eq(sessionId, id), eq(state, 'deleted'), isNull(erasedAt)));
}

/** Its time was over and it was kept. `true`: for another reason than before. */
export async function markKept(tx: Tx, id: SessionId, { at, why }: { at: Date; why: string }): Promise<boolean> {
  const [before] = await tx.select({ keptWhy }).from(recordings).where(eq(sessionId, id)).for('update');
  await tx.update(recordings).set({ keptAt: at, keptWhy: why }).where(eq(sessionId, id));
  return before?.keptWhy !== why;
}

export type HoldChange =
  | { heldAt: Date; heldBy: PersonId; holdReason: string }
  | { liftAskedAt: Date; liftAskedBy: PersonId; liftReason: string }
  | { liftAskedAt: null; liftAskedBy: null; liftReason: null };

export async function writeHold(tx: Tx, id: SessionId, change: HoldChange): Promise<void> {
  await tx.update(recordings).set(change).where(eq(sessionId, id));
}

/** Takes the hold away. Nothing is deleted before `soonest` because of that. */
export async function liftHold(tx: Tx, id: SessionId, soonest: Date): Promise<void> {
  const until = sql`case when ${retainUntil} is null then null
    else greatest(${retainUntil}, ${soonest.toISOString()}::timestamptz) end`;
  const noHold = { heldAt: null, heldBy: null, holdReason: null };
  const noLift = { liftAskedAt: null, liftAskedBy: null, liftReason: null };
  await tx
    .update(recordings)
    .set({ ...noHold, ...noLift, keptAt: null, keptWhy: null, retainUntil: until })
    .where(eq(sessionId, id));
}

/** How many recordings wait for somebody: kept although nobody holds them, and holds that are asked to be lifted. */
export async function countWaiting(tx: Tx): Promise<{ kept: number; lifts: number }> {
  const [row] = await tx
    .select({
      kept: sql<number>`count(*) filter (where kept_why is not null and held_at is null)`.mapWith(Number),
      lifts: sql<number>`count(*) filter (where lift_asked_at is not null)`.mapWith(Number),
    })
    .from(recordings)
    .where(or(sql`kept_why is not null`, sql`held_at is not null`));
  return row ?? { kept: 0, lifts: 0 };
}
