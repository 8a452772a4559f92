import { and, asc, eq, inArray, isNotNull, isNull, lte, min, ne, or, sql } from 'drizzle-orm';
import type { JobId, SessionId } from '../../server/ids.ts';
import type { AttemptOutcome, JobState } from '../../server/protocol/job-words.ts';
import type { Tx } from '../connect.ts';
import { jobAttempts, jobs } from '../schema.ts';

export type JobRow = typeof jobs.$inferSelect;
type NewJob = Pick<JobRow, 'id' | 'kind' | 'key' | 'sessionId' | 'dueAt' | 'giveUpAt' | 'payload' | 'createdAt'>;

/** `false`: there is one of this kind about the same already. */
export async function insertJob(tx: Tx, job: NewJob): Promise<boolean> {
  const rows = await tx.insert(jobs).values(job).onConflictDoNothing().returning({ id: jobs.id });
  return rows.length === 1;
}

/** As `insertJob`, for work that may be owed again: one that was done or given up is to be done once more. */
export async function insertOrRenewJob(tx: Tx, job: NewJob): Promise<void> {
  const { dueAt, giveUpAt } = job;
  await tx
    .insert(jobs)
    .values(job)
    .onConflictDoUpdate({
      target: [jobs.kind, jobs.key],
      set: { state: 'waiting', dueAt, giveUpAt, finishedAt: null },
      setWhere: ne(jobs.state, 'waiting'),
    });
}

const isWaiting = eq(jobs.state, 'waiting');

/** Takes the next due job that nobody is at, for as long as a lease lasts, and writes the beginning of an attempt. */
export async function takeDueJob(tx: Tx, now: Date, leaseUntil: Date): Promise<JobRow | undefined> {
  const isFree = or(isNull(jobs.leaseUntil), lte(jobs.leaseUntil, now));
  const due = tx
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(isWaiting, lte(jobs.dueAt, now), isFree))
    .orderBy(asc(jobs.dueAt))
    .limit(1)
    .for('update', { skipLocked: true });
  const [job] = await tx
    .update(jobs)
    .set({ leaseUntil, attempts: sql`${jobs.attempts} + 1` })
    .where(inArray(jobs.id, due))
    .returning();
  if (job) await tx.insert(jobAttempts).values({ jobId: job.id, n: job.attempts, at: now, outcome: 'started' });
  return job;
}

/** Frees the work that somebody was at who is gone. Only for whoever knows that nobody else does any. */
export async function freeLeases(tx: Tx): Promise<void> {
  await tx
    .update(jobs)
    .set({ leaseUntil: null })
    .where(and(isWaiting, isNotNull(jobs.leaseUntil)));
}

/** When the next job is due or its lease runs out; `undefined` when none waits. */
export async function nextDueAt(tx: Tx): Promise<Date | undefined> {
  const at = sql<Date>`greatest(${jobs.dueAt}, ${jobs.leaseUntil})`;
  const [row] = await tx
    .select({ at: min(at) })
    .from(jobs)
    .where(isWaiting);
  return row?.at ? new Date(row.at) : undefined;
}

export type AttemptEnd = { outcome: AttemptOutcome; status: number | null; detail: string | null };
export type JobNext = { state: JobState; dueAt?: Date; finishedAt?: Date; unauthorized?: number };

/**
 * Writes how an attempt went and what follows. `false`: the job is not at this attempt any more, or was made due again
 * while it was under way, so that what follows from a failure is the next attempt, at once.
 */
export async function finishAttempt(
  tx: Tx,
  { id, attempts, giveUpAt }: Pick<JobRow, 'id' | 'attempts' | 'giveUpAt'>,
  end: AttemptEnd,
  next: JobNext,
): Promise<boolean> {
  await tx
    .update(jobAttempts)
    .set(end)
    .where(and(eq(jobAttempts.jobId, id), eq(jobAttempts.n, attempts)));
  const isThis = and(eq(jobs.id, id), eq(jobs.attempts, attempts), isWaiting);
  const rows = await tx
    .update(jobs)
    .set({ ...next, leaseUntil: null, ...(next.state === 'done' ? { payload: null } : {}) })
    .where(and(isThis, next.state === 'done' ? undefined : eq(jobs.giveUpAt, giveUpAt)))
    .returning({ id: jobs.id });
  if (rows.length === 1) return true;
  await tx.update(jobs).set({ leaseUntil: null }).where(isThis);
  return false;
}

export type SessionJob = Pick<
  JobRow,
  'id' | 'kind' | 'state' | 'dueAt' | 'attempts' | 'giveUpAt' | 'finishedAt' | 'leaseUntil'
> & {
  /** What it needs is still there. */
  hasPayload: boolean;
  tries: { n: number; at: Date; outcome: AttemptOutcome; status: number | null; detail: string | null }[];
};

/** The work that is owed for a session, with every attempt, the latest first. */
export async function findSessionJob(tx: Tx, sessionId: SessionId, kind: string): Promise<SessionJob | undefined> {
  const [job] = await tx
    .select()
    .from(jobs)
    .where(and(eq(jobs.sessionId, sessionId), eq(jobs.kind, kind)));
  if (!job) return undefined;
  const { n, at, outcome, status, detail } = jobAttempts;
  const tries = await tx
    .select({ n, at, outcome, status, detail })
    .from(jobAttempts)
    .where(eq(jobAttempts.jobId, job.id))
    .orderBy(sql`${n} desc`);
  return { ...job, hasPayload: job.payload !== null, tries };
}

/**
 * Makes a job that waits, or was given up, due now. `false`: it is done, or what it needs is gone. An attempt that is
 * under way knows by `give_up_at`, which is another one each time.
 */
export async function makeDue(tx: Tx, id: JobId, { now, giveUpAt }: { now: Date; giveUpAt: Date }): Promise<boolean> {
  const later = sql`greatest(${giveUpAt.toISOString()}::timestamptz, ${jobs.giveUpAt} + interval '1 millisecond')`;
  const rows = await tx
    .update(jobs)
    .set({ state: 'waiting', dueAt: now, giveUpAt: later, finishedAt: null, unauthorized: 0 })
    .where(and(eq(jobs.id, id), inArray(jobs.state, ['waiting', 'failed']), isNotNull(jobs.payload)))
    .returning({ id: jobs.id });
  return rows.length === 1;
}

/** Destroys what a job needed that was given up before then, and that nobody took up again. */
export async function dropPayload(tx: Tx, id: JobId, finishedBy: Date): Promise<void> {
  await tx
    .update(jobs)
    .set({ payload: null })
    .where(and(eq(jobs.id, id), eq(jobs.state, 'failed'), lte(jobs.finishedAt, finishedBy)));
}
