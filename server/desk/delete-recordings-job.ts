import type { Tx } from '../../db/connect.ts';
import { insertOrRenewJob } from '../../db/queries/jobs.ts';
import { type RecordingEvidence, readEvidence } from '../../db/queries/recordings.ts';
import {
  changeRetention,
  findDueForDeletion,
  findToErase,
  lockFate,
  markDeleted,
  markErased,
  markKept,
  nextRetentionEnd,
  type RecordingFate,
} from '../../db/queries/retention.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Context } from '../context.ts';
import { type JobId, newId, type SessionId } from '../ids.ts';
import type { AttemptResult, JobKind } from '../jobs/runner.ts';

export const deleteRecordingsKind = 'delete_recordings';

/** What the work needs of the store of recordings. */
export type DeletionPorts = {
  /**
   * Whether a recording is, byte by byte, the one that was sealed. Rejects where it cannot be looked at now, with an
   * `AbortError` because the gateway stops.
   */
  prove(
    recording: { path: string; sessionId: SessionId } & Omit<RecordingEvidence, 'deletion'> & { deletion: undefined },
  ): Promise<{ ok: true; head: string; manifestSha256: string } | { ok: false; problem: string }>;
  /** Takes its files away but for what proves that it was. Repeated, it does what is left to do. */
  erase(path: string, deletion: Deletion): Promise<void>;
};

type Deletion = { sessionId: SessionId; deletedAt: string; reason: string; head: string; manifestSha256: string };

const dayMs = 24 * 3_600_000;
/** Deleting is not urgent: what was put on hold or restored in the meantime is looked at again this often. */
const pauseMs = dayMs / 4;
const retryMs = dayMs;
/** Longer than that no attempt waits for the reading of recordings, which goes on: other work is not to wait behind it. */
const attemptMs = 2_000;
const lookAgainMs = 30_000;
/** The work comes back for as long as there is an installation. */
const never = new Date('9999-01-01T00:00:00Z');

/** Makes the work of deleting what is due, if nobody has yet; for each start. */
export async function planDeletions({ connection, clock }: Pick<Context, 'connection' | 'clock'>): Promise<void> {
  const now = clock.now();
  await insertOrRenewJob(connection.db, {
    id: newId<JobId>(now.getTime()),
    kind: deleteRecordingsKind,
    key: 'due',
    sessionId: null,
    payload: null,
    dueAt: now,
    createdAt: now,
    giveUpAt: never,
  });
}

/** The work of deleting recordings whose time is over, one after the other, each with its evidence. */
export function deleteRecordingsWork(ctx: Context, ports: DeletionPorts, { waitMs = attemptMs } = {}): JobKind {
  let sweeping: Promise<AttemptResult> | undefined;

  function sweep(): Promise<AttemptResult> {
    sweeping ??= sweepAll(ctx, ports).finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  }

  return {
    async attempt() {
      let timer: NodeJS.Timeout | undefined;
      const swept = sweep();
      swept.catch(() => undefined); // Whoever waits for it next is told.
      const later = new Promise<AttemptResult>((resolve) => {
        timer = setTimeout(() => resolve(again(new Date(ctx.clock.now().getTime() + lookAgainMs))), waitMs);
      });
      try {
        return await Promise.race([swept, later]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function sweepAll(ctx: Context, ports: DeletionPorts): Promise<AttemptResult> {
  for (;;) {
    const now = ctx.clock.now();
    const steps = await stepsDueBy(ctx, ports, now);
    if (steps.length === 0) return again(await whenNext(ctx, now));
    for (const step of steps) await step();
  }
}

/** What is left of earlier deletions comes first. */
async function stepsDueBy(ctx: Context, ports: DeletionPorts, now: Date): Promise<(() => Promise<void>)[]> {
  const { db } = ctx.connection;
  const retryBefore = new Date(now.getTime() - retryMs);
  const toErase = await findToErase(db, retryBefore);
  if (toErase.length > 0) return toErase.map((id) => () => eraseFiles(ctx, ports, id));
  const due = await findDueForDeletion(db, { now, retryBefore });
  return due.map((id) => () => deleteOne(ctx, ports, id));
}

async function whenNext({ connection }: Context, now: Date): Promise<Date> {
  const latest = new Date(now.getTime() + pauseMs);
  const end = await nextRetentionEnd(connection.db, now);
  return end && end < latest ? end : latest;
}

/** Deletes one recording, or keeps it and says why. Nothing is deleted that cannot be proven, or that somebody holds. */
async function deleteOne(ctx: Context, ports: DeletionPorts, sessionId: SessionId): Promise<void> {
  const { db } = ctx.connection;
  const fate = await db.transaction((tx) => lockFate(tx, sessionId));
  if (!fate) return;
  const obstacle = obstacleOf(fate);
  if (obstacle) return keep(ctx, sessionId, obstacle);
  const evidence = await readEvidence(db, sessionId);
  if (evidence.sealedHead === undefined) return keep(ctx, sessionId, notSealed);
  let proven: Awaited<ReturnType<DeletionPorts['prove']>>;
  try {
    proven = await ports.prove({ path: fate.path, sessionId, ...evidence, deletion: undefined });
  } catch (err) {
    if ((err as Error).name === 'AbortError') throw err; // The gateway stops; the next one begins anew.
    ctx.log.error('A recording that is to be deleted could not be looked at', { err, sessionId });
    return keep(ctx, sessionId, notLookedAt);
  }
  if (!proven.ok) return keep(ctx, sessionId, proven.problem);
  const isDeleted = await decideDeletion(ctx, sessionId, proven);
  if (isDeleted) await eraseFiles(ctx, ports, sessionId);
}

const isHeld = 'Somebody put it on hold.';
const notSealed = 'It was never sealed, so that nobody can tell whether it is whole.';
const notLookedAt = 'It could not be looked at; the log says why.';
const notErased = 'Its files could not be removed; the log says why.';

function obstacleOf({ state, heldAt }: RecordingFate): string | undefined {
  if (heldAt) return isHeld;
  return state === 'sealed' ? undefined : notSealed;
}

/**
 * Writes that it is deleted, and with which proof, before a byte of it goes. Whoever put it on hold, or changed until when it
 * is kept, before this transaction comes first.
 */
function decideDeletion(
  ctx: Context,
  sessionId: SessionId,
  { head, manifestSha256 }: { head: string; manifestSha256: string },
): Promise<boolean> {
  return ctx.audit.transact(async (tx, record) => {
    const now = ctx.clock.now();
    const fate = await lockFate(tx, sessionId);
    if (fate?.state !== 'sealed' || fate.heldAt || !fate.retainUntil || fate.retainUntil > now) return false;
    if (await isKeptLonger(tx, sessionId, now)) return false;
    const reason = `Its time was over: it was to be kept until ${fate.retainUntil.toISOString()}.`;
    await markDeleted(tx, sessionId, { at: now, reason });
    record({ kind: 'recording.deleted', sessionId, subject: { reason, head, manifestSha256, bytes: fate.bytes } });
    return true;
  });
}

// A rule may have been changed while this recording was being closed, so that nobody told it.
async function isKeptLonger(tx: Tx, sessionId: SessionId, now: Date): Promise<boolean> {
  const { retentionDays: byDefault } = await readSettings(tx);
  const { lengthened } = await changeRetention(tx, { byDefault, soonest: now, sessionId });
  return lengthened > 0;
}

async function eraseFiles(ctx: Context, ports: DeletionPorts, sessionId: SessionId): Promise<void> {
  const { db } = ctx.connection;
  try {
    const fate = await db.transaction((tx) => lockFate(tx, sessionId));
    const { deletion } = await readEvidence(db, sessionId);
    if (!fate?.deletedAt || !deletion) throw new Error('The audit log knows nothing of the deletion.');
    const { deletedAt, deleteReason, path } = fate;
    await ports.erase(path, {
      sessionId,
      deletedAt: deletedAt.toISOString(),
      reason: deleteReason ?? '',
      ...deletion,
    });
    await markErased(db, sessionId, ctx.clock.now());
  } catch (err) {
    ctx.log.error('The files of a deleted recording could not be removed', { err, sessionId });
    await keep(ctx, sessionId, notErased);
  }
}

/** The alarm, once for each reason. It is tried again after a day. */
async function keep(ctx: Context, sessionId: SessionId, why: string): Promise<void> {
  const isNews = await ctx.audit.transact(async (tx, record) => {
    const isNews = await markKept(tx, sessionId, { at: ctx.clock.now(), why });
    if (isNews) record({ kind: 'recording.kept', sessionId, subject: { why } });
    return isNews;
  });
  if (isNews) ctx.log.error('A recording was to be deleted and was kept; its session says why', { sessionId });
}

function again(at: Date): AttemptResult {
  return { outcome: 'done', status: null, detail: null, next: { at } };
}
