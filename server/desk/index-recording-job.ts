import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { insertOrRenewJob } from '../../db/queries/jobs.ts';
import { hasTexts, keepTexts } from '../../db/queries/recording-texts.ts';
import {
  type ClosedRecording,
  findRecordingOf,
  findUnread,
  markUnread,
  type RecordingReading,
  writeReading,
} from '../../db/queries/recordings.ts';
import type { Context } from '../context.ts';
import { type JobId, newId, type SessionId } from '../ids.ts';
import type { AttemptResult, JobKind } from '../jobs/runner.ts';
import { type IndexedRecording, IndexerStopped } from '../recording/indexer.ts';
import { isPrintedWith, printKey } from '../recording/secret-prints.ts';
import type { SealedRow } from '../recording/self-check.ts';
import type { TextOrder } from '../recording/text-gathering.ts';

export const indexRecordingKind = 'index_recording';

const patienceMs = 24 * 3_600_000;
/** Longer than that no attempt waits for a reading, which goes on: other work is not to wait behind it. */
const attemptMs = 2000;
const mostPlanned = 1000;
const longestDetail = 2000;

/** Reads a recording to its end, makes its index, and answers what keeps it from being played, and its text. */
export type ReadToEnd = (recording: {
  /** Folder relative to the recordings store. */
  path: string;
  /** What the database knows of one that was sealed. */
  sealed: SealedRow | undefined;
  /** To gather its text as well, without what these prints are of. */
  text: TextOrder | undefined;
}) => Promise<IndexedRecording>;

/** Makes the work of reading a recording to its end, in the transaction that closes it. */
export async function planReading(tx: Tx, sessionId: SessionId, now: Date): Promise<void> {
  await markUnread(tx, sessionId);
  const jobId = newId<JobId>(now.getTime());
  const times = { dueAt: now, createdAt: now, giveUpAt: new Date(now.getTime() + patienceMs) };
  await insertOrRenewJob(tx, {
    id: jobId,
    kind: indexRecordingKind,
    key: sessionId,
    sessionId,
    payload: null,
    ...times,
  });
  await notify(tx, 'job_due', { jobId });
}

/** The same for recordings that were closed before this was done; at each start as many as do not hold it up. */
export async function planUnread({ connection, clock }: Pick<Context, 'connection' | 'clock'>): Promise<void> {
  const now = clock.now();
  await connection.db.transaction(async (tx) => {
    for (const sessionId of await findUnread(tx, mostPlanned)) await planReading(tx, sessionId, now);
  });
}

/** The work of reading recordings to their ends. */
export function indexRecordingWork(ctx: Context, readToEnd: ReadToEnd): JobKind {
  const readings = new Map<SessionId, Promise<AttemptResult>>();

  function begin(sessionId: SessionId, recording: ClosedRecording): Promise<AttemptResult> {
    const { path } = recording;
    const reading = textOrderOf(ctx, sessionId, recording)
      .then((text) => readToEnd({ path, sealed: sealedRowOf(recording), text }))
      .then(async (found) => {
        const { text } = found;
        if (text) await ctx.connection.db.transaction((tx) => keepTexts(tx, sessionId, text));
        await writeFound(ctx, sessionId, found);
      })
      .then(
        () => done,
        (err) => {
          if (!(err instanceof IndexerStopped))
            ctx.log.error('A recording could not be read to its end', { err, sessionId });
          return unreadable;
        },
      )
      .finally(() => readings.delete(sessionId));
    readings.set(sessionId, reading);
    return reading;
  }

  return {
    async attempt({ sessionId }) {
      const recording = sessionId ? await findRecordingOf(ctx.connection.db, sessionId) : undefined;
      if (!sessionId || !recording || recording.state === 'deleted' || recording.indexState === 'ready') return done;
      return orLater(readings.get(sessionId) ?? begin(sessionId, recording));
    },
    async evidence({ sessionId }, state) {
      if (state === 'done' || !sessionId) return undefined;
      const reading = { indexState: 'failed', indexBytes: 0, playable: 'unplayable', checkDetail: givenUp } as const;
      await writeReading(ctx.connection.db, sessionId, { ...reading, indexedAt: ctx.clock.now() });
      ctx.log.error('A recording could not be read to its end for a day', { sessionId });
      return { kind: 'recording.unplayable', sessionId, subject: { detail: givenUp } };
    },
  };
}

// Of these the seal says by itself that the session and its recording did not end together.
const endedApart: ReadonlySet<string> = new Set(['recorder_failed', 'crashed', 'abandoned']);

function sealedRowOf({ state, bytes, durationMs, sealReason, live }: ClosedRecording): SealedRow | undefined {
  if (state !== 'sealed') return undefined;
  const { bytesOut, endReason: reason, exitStatus } = live;
  const isLiveToTheEnd = reason !== null && reason === sealReason && !endedApart.has(reason);
  return { bytes, durationMs, ...(isLiveToTheEnd && { live: { bytesOut, reason, exitStatus } }) };
}

/**
 * `undefined`: the text is there already, or nobody knows any more what would have to be masked in it. The recording of
 * an earlier version has no prints, and those made with a lost keyring find nothing.
 */
async function textOrderOf(
  ctx: Context,
  sessionId: SessionId,
  { secretPrints: prints }: ClosedRecording,
): Promise<TextOrder | undefined> {
  const key = printKey(ctx.keyring.authSecret, sessionId);
  if (!isPrintedWith(key, prints) || (await hasTexts(ctx.connection.db, sessionId))) return undefined;
  return { key, prints };
}

/** What was found and the evidence of it. Repeated, it finds the same. */
async function writeFound(
  ctx: Context,
  sessionId: SessionId,
  { indexBytes, problems }: { indexBytes: number; problems: string[] },
): Promise<void> {
  const detail = problems.length > 0 ? problems.join(' ').slice(0, longestDetail) : null;
  const reading: RecordingReading = {
    indexState: indexBytes > 0 ? 'ready' : 'failed',
    indexedAt: ctx.clock.now(),
    indexBytes,
    playable: detail === null ? 'playable' : 'unplayable',
    checkDetail: detail,
  };
  const isThere = await ctx.audit.transact(async (tx, record) => {
    const before = await findRecordingOf(tx, sessionId);
    const isWritten = await writeReading(tx, sessionId, reading);
    const isNews = isWritten && detail !== null && before?.playable !== 'unplayable';
    if (isNews) record({ kind: 'recording.unplayable', sessionId, subject: { detail } });
    return isWritten;
  });
  if (isThere && detail !== null) ctx.log.error('A recording cannot be played; its session says why', { sessionId });
}

const givenUp = 'For a day it could not be read to its end; the log says why.';
const done = { outcome: 'done', status: null, detail: null, next: 'done' } as const;
const unreadable = {
  outcome: 'unreachable',
  status: null,
  detail: 'It could not be read to its end; the log says why.',
  next: 'later',
} as const;
const stillReading = { ...unreadable, detail: 'It is still being read.' } as const;

async function orLater(reading: Promise<AttemptResult>): Promise<AttemptResult> {
  let timer: NodeJS.Timeout | undefined;
  const later = new Promise<AttemptResult>((resolve) => {
    timer = setTimeout(() => resolve(stillReading), attemptMs);
  });
  try {
    return await Promise.race([reading, later]);
  } finally {
    clearTimeout(timer);
  }
}
