/**
 * Contract: every recording is read to its end once, when it is closed, whatever happens to the process in between; what
 * is found is kept with the recording; one that cannot be played is an alarm, once; a reading that takes long, or cannot
 * be done now, holds up no other work, and one that can never be done ends as unplayable, never as fine. Its text is
 * gathered with it, once, and only where it is known what must be masked in it.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { auditEvents, jobs, recordings, recordingTexts } from '../../db/schema.ts';
import { anActor, aRecording, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Actor, Context } from '../context.ts';
import type { SessionId } from '../ids.ts';
import { createJobRunner } from '../jobs/runner.ts';
import { writeRecordingEnd } from '../live/end.ts';
import { IndexerStopped } from '../recording/indexer.ts';
import { makePrints, printKey } from '../recording/secret-prints.ts';
import {
  indexRecordingKind,
  indexRecordingWork,
  planReading,
  planUnread,
  type ReadToEnd,
} from './index-recording-job.ts';

let database: TestDatabase;
let ctx: Context & { clock: ReturnType<TestDatabase['context']>['clock'] };
let owner: Actor;
let logged: string[];

beforeAll(async () => {
  database = await testDatabase();
  owner = await anActor(database.connection.db);
});
afterAll(() => database?.close());
beforeEach(() => {
  logged = [];
  const own = database.context();
  ctx = { ...own, log: { ...own.log, error: (message) => void logged.push(message) } };
});

const fine: ReadToEnd = async () => ({ indexBytes: 500, problems: [] });

async function closed(given: Partial<typeof recordings.$inferInsert> = {}): Promise<SessionId> {
  const session = await aSession(database.connection.db, owner, {
    state: 'ended',
    endReason: 'exited',
    endedAt: new Date(),
  });
  await aRecording(database.connection.db, session, { state: 'sealed', bytes: 10, durationMs: 20, ...given });
  return session.id;
}

const plan = (id: SessionId) => database.connection.db.transaction((tx) => planReading(tx, id, ctx.clock.now()));

async function runJobs(readToEnd: ReadToEnd): Promise<void> {
  const runner = await createJobRunner(ctx, { [indexRecordingKind]: indexRecordingWork(ctx, readToEnd) });
  await runner.drain();
  await runner.stop();
}

async function rowOf(id: SessionId) {
  const [row] = await database.connection.db.select().from(recordings).where(eq(recordings.sessionId, id));
  return row;
}

async function jobOf(id: SessionId) {
  const [row] = await database.connection.db.select().from(jobs).where(eq(jobs.key, id));
  return row;
}

async function alarmsOf(id: SessionId) {
  const rows = await database.connection.db.select().from(auditEvents).where(eq(auditEvents.sessionId, id));
  return rows.filter(({ kind }) => kind === 'recording.unplayable').map(({ subject }) => subject);
}

test('what is sealed is read to its end, with what the database knows of it', async () => {
  const id = await closed({ state: 'writing', bytes: 0, durationMs: 0 });
  const sealed = { head: 'h', manifestSha256: 'm', bytes: 1234, durationMs: 5678 };
  await writeRecordingEnd(ctx, { sessionId: id, personId: owner.person.id }, { sealed, reason: 'closed' });
  expect(await rowOf(id)).toMatchObject({ state: 'sealed', indexState: 'waiting', playable: 'unknown' });
  const asked: Parameters<ReadToEnd>[0][] = [];
  await runJobs((recording) => {
    asked.push(recording);
    return fine(recording);
  });
  expect(asked).toEqual([{ path: `2026/01/01/${id}`, sealed: { bytes: 1234, durationMs: 5678 } }]);
  expect(await rowOf(id)).toMatchObject({
    indexState: 'ready',
    indexBytes: 500,
    playable: 'playable',
    checkDetail: null,
    indexedAt: ctx.clock.now(),
  });
  expect(await jobOf(id)).toMatchObject({ state: 'done' });
  expect(await alarmsOf(id)).toEqual([]);
});

test('what the session counted is compared where both ended together, and not where the seal says otherwise', async () => {
  const { db } = database.connection;
  const ending = { endedAt: new Date(), bytesOut: 77, exitStatus: 3 };
  const readings = [
    ['exited', 'exited', { bytesOut: 77, reason: 'exited', exitStatus: 3 }],
    ['crashed', 'crash', undefined],
    ['closed', 'recorder_failed', undefined],
    ['recorder_failed', 'recorder_failed', undefined],
  ] as const;
  for (const [endReason, sealReason, live] of readings) {
    const session = await aSession(db, owner, { state: 'ended', endReason, ...ending });
    await aRecording(db, session, { state: 'sealed', bytes: 10, durationMs: 20, sealReason });
    await plan(session.id);
    let asked: Parameters<ReadToEnd>[0]['sealed'];
    await runJobs((recording) => {
      asked = recording.sealed;
      return fine(recording);
    });
    expect(asked?.live).toEqual(live);
  }
});

test('what failed is read as well, as something that was never sealed', async () => {
  const id = await closed({ state: 'writing' });
  await writeRecordingEnd(ctx, { sessionId: id, personId: owner.person.id }, { failed: 'ENOSPC' });
  let sealed: unknown = 'not asked';
  await runJobs((recording) => {
    sealed = recording.sealed;
    return fine(recording);
  });
  expect(sealed).toBeUndefined();
  expect(await rowOf(id)).toMatchObject({ state: 'failed', playable: 'playable' });
});

test('one that cannot be played is an alarm, once, in the log of the machine too', async () => {
  const id = await closed();
  await plan(id);
  const problems = ['The timing file is unreadable from byte 5 on.', 'An event stands after the end of the output.'];
  await runJobs(async () => ({ indexBytes: 500, problems }));
  expect(await rowOf(id)).toMatchObject({
    indexState: 'ready',
    playable: 'unplayable',
    checkDetail: problems.join(' '),
  });
  expect(await alarmsOf(id)).toEqual([{ detail: problems.join(' ') }]);
  expect(logged).toEqual(['A recording cannot be played; its session says why']);
});

test('one without any index, as when its folder is gone, is no index and an alarm', async () => {
  const id = await closed();
  await plan(id);
  await runJobs(async () => ({ indexBytes: 0, problems: ['Its folder is gone.'] }));
  expect(await rowOf(id)).toMatchObject({ indexState: 'failed', playable: 'unplayable' });
});

test('one that cannot be read now is tried again, and found fine', async () => {
  const id = await closed();
  await plan(id);
  await runJobs(() => Promise.reject(new Error('EIO')));
  expect(await rowOf(id)).toMatchObject({ indexState: 'waiting', playable: 'unknown' });
  expect(await alarmsOf(id)).toEqual([]);
  ctx.clock.advance(60_000);
  await runJobs(fine);
  expect(await rowOf(id)).toMatchObject({ indexState: 'ready', playable: 'playable' });
});

test('a gateway that stops is no fault', async () => {
  const id = await closed();
  await plan(id);
  await runJobs(() => Promise.reject(new IndexerStopped()));
  expect(await rowOf(id)).toMatchObject({ indexState: 'waiting', playable: 'unknown' });
  expect(logged).toEqual([]);
});

test('one that cannot be read for a day is unplayable', async () => {
  const id = await closed();
  await plan(id);
  await runJobs(() => Promise.reject(new Error('EIO')));
  ctx.clock.advance(25 * 3_600_000);
  await runJobs(() => Promise.reject(new Error('EIO')));
  expect(await rowOf(id)).toMatchObject({ indexState: 'failed', playable: 'unplayable' });
  expect(await alarmsOf(id)).toHaveLength(1);
});

test('a long reading goes on between attempts, is never begun twice, and ends as it should', async () => {
  const id = await closed();
  await plan(id);
  let finish = () => {};
  let begun = 0;
  const work = indexRecordingWork(ctx, () => {
    begun += 1;
    return new Promise((resolve) => {
      finish = () => resolve({ indexBytes: 9, problems: [] });
    });
  });
  const job = await jobOf(id);
  if (!job) throw new Error('There is no job.');
  const [first, second] = await Promise.all([work.attempt(job), work.attempt(job)]);
  expect([first.next, second.next, begun]).toEqual(['later', 'later', 1]);
  const third = work.attempt(job);
  finish();
  expect((await third).next).toBe('done');
  expect(begun).toBe(1);
  expect((await work.attempt(job)).next).toBe('done'); // also for whoever comes later
  expect(begun).toBe(1);
  expect(await rowOf(id)).toMatchObject({ indexState: 'ready' });
});

test('what was deleted in the meantime is left alone', async () => {
  const id = await closed();
  await plan(id);
  await runJobs(async () => {
    const gone = { state: 'deleted', deletedAt: new Date(), deleteReason: 'retention' } as const;
    await database.connection.db.update(recordings).set(gone).where(eq(recordings.sessionId, id));
    return { indexBytes: 0, problems: ['Its folder is gone.'] };
  });
  expect(await rowOf(id)).toMatchObject({ state: 'deleted', playable: 'unknown' });
  expect(await alarmsOf(id)).toEqual([]);
  expect(logged).toEqual([]);
});

test('one whose index was lost, as after a restore, is read once more', async () => {
  const id = await closed();
  await plan(id);
  await runJobs(fine);
  await database.connection.db.update(recordings).set({ indexState: 'none' }).where(eq(recordings.sessionId, id));
  ctx.clock.advance(365 * 24 * 3_600_000);
  await planUnread(ctx);
  expect(await jobOf(id)).toMatchObject({ state: 'waiting', finishedAt: null });
  await runJobs(fine);
  expect(await rowOf(id)).toMatchObject({ indexState: 'ready' });
  expect(await jobOf(id)).toMatchObject({ state: 'done' });
});

async function textsOf(id: SessionId) {
  const rows = await database.connection.db.select().from(recordingTexts).where(eq(recordingTexts.sessionId, id));
  return rows.sort((a, b) => a.seq - b.seq).map(({ seq, elapsedMs, text }) => [seq, elapsedMs, text]);
}

async function printed(secrets: string[], secret = ctx.keyring.authSecret): Promise<SessionId> {
  const id = await closed();
  const secretPrints = makePrints(printKey(secret, id), secrets);
  await database.connection.db.update(recordings).set({ secretPrints }).where(eq(recordings.sessionId, id));
  return id;
}

const lines = [
  { elapsedMs: 5, text: 'one' },
  { elapsedMs: 7, text: 'it\'s {a} "text" \\\\, NULL' },
];

test('text is gathered with the prints of the session, kept once, and the prints go', async () => {
  const id = await printed(['hunter22']);
  await plan(id);
  const asked: Parameters<ReadToEnd>[0]['text'][] = [];
  const read: ReadToEnd = async (recording) => {
    asked.push(recording.text);
    return { indexBytes: 500, problems: [], text: recording.text && { lines, leftOutFromMs: 6.5 } };
  };
  await runJobs(read);
  const key = printKey(ctx.keyring.authSecret, id);
  expect(asked).toEqual([{ key, prints: makePrints(key, ['hunter22']) }]);
  const kept = [
    [-2, 6, ''],
    [-1, 0, ''],
    [0, 5, 'one'],
    [1, 7, lines[1]?.text],
  ];
  expect(await textsOf(id)).toEqual(kept);
  expect((await rowOf(id))?.secretPrints).toEqual([]);
  await plan(id);
  ctx.clock.advance(60_000);
  await runJobs(read);
  expect(asked.at(-1)).toBeUndefined();
  expect(asked).toHaveLength(2);
  expect(await textsOf(id)).toEqual(kept);
});

test('text that cannot be kept now is gathered again', async () => {
  const id = await printed(['hunter22']);
  await plan(id);
  const tooMuch = { lines: [{ elapsedMs: Number.NaN, text: 'x' }], leftOutFromMs: undefined };
  await runJobs(async () => ({ indexBytes: 500, problems: [], text: tooMuch }));
  expect(await rowOf(id)).toMatchObject({ indexState: 'waiting' });
  expect(await textsOf(id)).toEqual([]);
  ctx.clock.advance(60_000);
  await runJobs(async () => ({ indexBytes: 500, problems: [], text: { lines, leftOutFromMs: undefined } }));
  expect(await textsOf(id)).toHaveLength(3);
});

test('attack: without prints, or with those of a lost keyring, no text is gathered, since nothing would be masked', async () => {
  for (const id of [await closed(), await printed(['hunter22'], 'another secret')]) {
    await plan(id);
    let text: unknown = 'not asked';
    await runJobs((recording) => {
      text = recording.text;
      return fine(recording);
    });
    expect(text).toBeUndefined();
    expect(await rowOf(id)).toMatchObject({ indexState: 'ready' });
    expect(await textsOf(id)).toEqual([]);
  }
});

test('no text is kept of what was deleted in the meantime', async () => {
  const id = await printed(['hunter22']);
  await plan(id);
  await runJobs(async () => {
    const gone = { state: 'deleted', deletedAt: new Date(), deleteReason: 'retention' } as const;
    await database.connection.db.update(recordings).set(gone).where(eq(recordings.sessionId, id));
    return { indexBytes: 500, problems: [], text: { lines, leftOutFromMs: undefined } };
  });
  expect(await textsOf(id)).toEqual([]);
});

test('recordings of earlier versions are read too; those that are being written, read or deleted are not', async () => {
  const old = await closed();
  const writing = await closed({ state: 'writing' });
  const ready = await closed({ indexState: 'ready' });
  await planUnread(ctx);
  await planUnread(ctx);
  expect(await jobOf(old)).toMatchObject({ kind: indexRecordingKind, state: 'waiting' });
  expect(await jobOf(writing)).toBeUndefined();
  expect(await jobOf(ready)).toBeUndefined();
  await runJobs(fine);
  expect(await rowOf(old)).toMatchObject({ indexState: 'ready' });
});
