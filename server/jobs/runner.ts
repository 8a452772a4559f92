import { listen } from '../../db/notify.ts';
import { finishAttempt, freeLeases, type JobNext, type JobRow, nextDueAt, takeDueJob } from '../../db/queries/jobs.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Context } from '../context.ts';
import type { AttemptOutcome } from '../protocol/job-words.ts';
import { backOffMs } from './back-off.ts';
import { forgetPayloadKind, forgetPayloadWork, planForgetting } from './forget-payload.ts';

/**
 * How an attempt went. `at_once`: the token was not good any more, and the next attempt gets another. `{ at }`: it went well,
 * and is to be done again then; such work is never given up.
 */
export type AttemptResult = {
  outcome: Exclude<AttemptOutcome, 'started'>;
  status: number | null;
  /** For the page of whatever it is about: no secrets, one sentence. */
  detail: string | null;
  next: 'done' | 'later' | 'at_once' | 'give_up' | { at: Date };
};

/** One kind of work. `attempt` may be cut off at any moment and begin anew, so it says who it is by the job's key. */
export type JobKind = {
  attempt(job: JobRow): Promise<AttemptResult>;
  /** Evidence of how it ended, written in the transaction that ends it. */
  evidence?(job: JobRow, state: 'done' | 'failed'): Promise<AuditEvent | undefined>;
};

export type JobRunner = {
  /** Does everything that is due now; resolves when nothing is. For tests, and after a start. */
  drain(): Promise<void>;
  stop(): Promise<void>;
};

const leaseMs = 60_000;
const longestSleepMs = 30_000;
const atOnceMs = 250;
const maxAtOnce = 4;

export type JobRunnerOptions = {
  /** Nobody else does this work, so that what an earlier runner was at is begun anew at once, not after its lease. */
  isOnlyRunner?: boolean;
};

/** Does the work of the `jobs` table: one row at a time for each worker, whoever else takes rows beside. */
export async function createJobRunner(
  ctx: Context,
  given: Readonly<Record<string, JobKind>>,
  { isOnlyRunner = false }: JobRunnerOptions = {},
): Promise<JobRunner> {
  const { db, sql } = ctx.connection;
  const kinds: Readonly<Record<string, JobKind>> = { ...given, [forgetPayloadKind]: forgetPayloadWork(ctx) };
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWanted = false;
  let isStopped = false;

  async function takeAndDo(): Promise<void> {
    while (!isStopped) {
      const now = ctx.clock.now();
      const job = await db.transaction((tx) => takeDueJob(tx, now, new Date(now.getTime() + leaseMs)));
      if (!job) return;
      // What cannot be written down is begun anew when its lease runs out; the rest does not wait for that.
      await attempt(job).catch((err) => ctx.log.error('How work went could not be written', { err }));
    }
  }

  async function attempt(job: JobRow): Promise<void> {
    const kind = kinds[job.kind];
    const result = kind ? await attemptInTime(kind, job) : unknownKind;
    if (isStopped && result.outcome === 'unreachable') return; // Cut off by ourselves; the lease runs out.
    const now = ctx.clock.now();
    const next = nextOf(job, result, now);
    const { state } = next;
    const evidence = state === 'waiting' ? undefined : await kind?.evidence?.(job, state);
    const { outcome, status, detail } = result;
    await ctx.audit.transact(async (tx, record) => {
      const isOurs = await finishAttempt(tx, job, { outcome, status, detail: detail?.slice(0, 500) ?? null }, next);
      if (isOurs && evidence) record(evidence);
      if (isOurs && state === 'failed' && job.payload) await planForgetting(tx, job, now);
    });
  }

  async function attemptInTime(kind: JobKind, job: JobRow): Promise<AttemptResult> {
    // One that is cut off again and again, whatever it does to us, has an end as well.
    if (job.attempts > 1 && job.giveUpAt <= ctx.clock.now()) return outOfTime;
    return kind.attempt(job).catch(failed);
  }

  function failed(err: unknown): AttemptResult {
    ctx.log.error('Work could not be attempted', { err });
    return {
      outcome: 'unreachable',
      status: null,
      detail: 'The attempt failed; the log has the details.',
      next: 'later',
    };
  }

  async function runAll(): Promise<void> {
    do {
      isWanted = false;
      clearTimeout(timer);
      await Promise.all(Array.from({ length: maxAtOnce }, takeAndDo));
    } while (isWanted && !isStopped);
  }

  async function runAndSleep(): Promise<void> {
    let sleepMs = 5_000;
    try {
      await runAll();
      const at = await nextDueAt(db);
      sleepMs = at ? Math.max(10, at.getTime() - ctx.clock.now().getTime()) : longestSleepMs;
    } catch (err) {
      ctx.log.error('Due work could not be looked up', { err });
    }
    running = undefined;
    if (isStopped) return;
    if (isWanted) wake();
    else timer = setTimeout(wake, Math.min(sleepMs, longestSleepMs));
  }

  function wake(): void {
    isWanted = true;
    if (!isStopped) running ??= runAndSleep();
  }

  if (isOnlyRunner) await freeLeases(db);
  const listener = await listen(sql, 'job_due', wake, wake);
  return {
    async drain() {
      wake();
      await running;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await listener.stop();
      await running;
    },
  };
}

const outOfTime: AttemptResult = {
  outcome: 'unreachable',
  status: null,
  detail: 'The time for this was over before it could be tried again.',
  next: 'give_up',
};

const unknownKind: AttemptResult = {
  outcome: 'refused',
  status: null,
  detail: 'Nothing here does work of this kind.',
  next: 'give_up',
};

function nextOf(job: JobRow, { status, next }: AttemptResult, now: Date): JobNext {
  const unauthorized = status === 401 ? job.unauthorized + 1 : 0;
  if (typeof next === 'object') return { state: 'waiting', dueAt: next.at, unauthorized };
  if (next === 'done') return { state: 'done', finishedAt: now, unauthorized };
  const waitMs = next === 'at_once' ? atOnceMs * job.attempts : backOffMs(job.attempts);
  const dueAt = new Date(now.getTime() + waitMs);
  if (next === 'give_up' || dueAt > job.giveUpAt) return { state: 'failed', finishedAt: now, unauthorized };
  return { state: 'waiting', dueAt, unauthorized };
}
