/**
 * Contract: what somebody has done once more is done once more, whatever moment they choose: also that at which the work
 * is just being given up. What given-up work needs is kept for thirty days, then it is destroyed.
 */
import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findSessionJob, insertJob, makeDue, takeDueJob } from '../../db/queries/jobs.ts';
import { jobAttempts, jobs } from '../../db/schema.ts';
import { actorOf, aLogin, anActor, aPerson, aSession } from '../../db/testing/builders.ts';
import type { TestClock } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { getEndSessionDelivery, sendEndSessionAgain } from '../desk/end-session-delivery.ts';
import { type JobId, newId } from '../ids.ts';
import { endSessionKind } from '../launch/end-session-job.ts';
import { forgetPayloadKind } from './forget-payload.ts';
import { type AttemptResult, createJobRunner, type JobKind, type JobRunner } from './runner.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let runner: JobRunner | undefined;
let admin: Actor;
const dayMs = 24 * 3_600_000;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  ctx = database.context();
  const { db } = database.connection;
  const person = await aPerson(db, { roles: ['admin'] });
  admin = actorOf(person, await aLogin(db, person, { expiresAt: new Date(Date.now() + 100 * dayMs) }));
});
afterAll(() => database?.close());

const sealed = () => {
  const [id, nonce, ciphertext, wrappedKey] = [1, 2, 3, 4].map(() => randomBytes(16).toString('base64'));
  return { id: id!, nonce: nonce!, ciphertext: ciphertext!, keyId: 'test', wrappedKey: wrappedKey! };
};

/** Work that is owed for a session that ended, in the name of its kind. */
async function anOwedEnd() {
  const { db } = database.connection;
  const now = ctx.clock.now();
  const ended = { state: 'ended', endedAt: now, endReason: 'closed' } as const;
  const { id: sessionId } = await aSession(db, await anActor(db), ended);
  const id = newId<JobId>();
  const times = { dueAt: now, createdAt: now, giveUpAt: new Date(now.getTime() + dayMs) };
  await insertJob(db, { id, kind: endSessionKind, key: sessionId, sessionId, payload: sealed(), ...times });
  return { id, sessionId };
}

const results = {
  done: { outcome: 'done', status: 200, detail: null, next: 'done' },
  later: { outcome: 'unreachable', status: null, detail: null, next: 'later' },
  giveUp: { outcome: 'refused', status: 401, detail: null, next: 'give_up' },
} as const satisfies Record<string, AttemptResult>;

/** Runs everything that is due with these answers, one for each attempt; the last one is for all that follow. */
async function run(...answers: (AttemptResult | (() => Promise<AttemptResult>))[]): Promise<void> {
  const work: JobKind = {
    async attempt() {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return typeof answer === 'function' ? answer() : (answer ?? results.done);
    },
  };
  runner = await createJobRunner(ctx, { [endSessionKind]: work });
  await runner.drain();
  await runner.stop();
}

async function row(id: JobId) {
  const [found] = await database.connection.db.select().from(jobs).where(eq(jobs.id, id));
  return found!;
}

async function outcomes(id: JobId) {
  const tries = await database.connection.db
    .select()
    .from(jobAttempts)
    .where(eq(jobAttempts.jobId, id))
    .orderBy(jobAttempts.n);
  return tries.map(({ outcome }) => outcome);
}

test.each([
  ['is just being given up', results.giveUp],
  ['has just failed once more', results.later],
])('work that %s when it is sent again is attempted at once', async (_, result) => {
  const { id, sessionId } = await anOwedEnd();
  const sentAgain = async () => {
    valueIn(await sendEndSessionAgain(ctx, admin, { sessionId }));
    return result;
  };
  await run(sentAgain, results.done);
  expect(await row(id)).toMatchObject({ state: 'done', attempts: 2, payload: null });
  expect(await outcomes(id)).toEqual([result.outcome, 'done']);
});

test('work that succeeds while it is sent again is done, and not done again', async () => {
  const { id, sessionId } = await anOwedEnd();
  const sentAgain = async () => {
    valueIn(await sendEndSessionAgain(ctx, admin, { sessionId }));
    return results.done;
  };
  await run(sentAgain);
  expect(await row(id)).toMatchObject({ state: 'done', attempts: 1 });
  expect(await sendEndSessionAgain(ctx, admin, { sessionId })).toMatchObject({
    code: 'conflict',
    params: { problem: 'The identity system was told already.' },
  });
});

test('what is sent again twice in the same moment is known from what was before', async () => {
  const { id } = await anOwedEnd();
  const now = ctx.clock.now();
  const times = { now, giveUpAt: new Date(now.getTime() + dayMs) };
  const { giveUpAt: first } = await row(id);
  await makeDue(database.connection.db, id, times);
  const { giveUpAt: second } = await row(id);
  await makeDue(database.connection.db, id, times);
  const { giveUpAt: third } = await row(id);
  expect([second.getTime() - first.getTime(), third.getTime() - second.getTime()]).toEqual([1, 1]);
});

test('what given-up work needs is there for thirty days, and then nowhere', async () => {
  const { id, sessionId } = await anOwedEnd();
  await run(results.giveUp);
  ctx.clock.advance(30 * dayMs - 1);
  await run(results.done);
  expect(await row(id)).toMatchObject({ state: 'failed', payload: expect.anything() });
  expect(valueIn(await getEndSessionDelivery(ctx, admin, { sessionId }))).toMatchObject({
    state: 'failed',
    maySendAgain: true,
    isForgotten: false,
  });

  ctx.clock.advance(1);
  await run(results.done);
  expect(await row(id)).toMatchObject({ state: 'failed', payload: null });
  expect(valueIn(await getEndSessionDelivery(ctx, admin, { sessionId }))).toMatchObject({
    state: 'failed',
    maySendAgain: false,
    isForgotten: true,
  });
  const again = await sendEndSessionAgain(ctx, admin, { sessionId });
  expect(again).toMatchObject({ code: 'conflict', params: { problem: expect.stringContaining('destroyed') } });
  expect(await row(id)).toMatchObject({ state: 'failed', attempts: 1 });
});

test('work that was taken up again keeps what it needs until thirty days after it was given up for good', async () => {
  const { id, sessionId } = await anOwedEnd();
  await run(results.giveUp);
  ctx.clock.advance(29 * dayMs);
  valueIn(await sendEndSessionAgain(ctx, admin, { sessionId }));
  await run(results.giveUp);
  ctx.clock.advance(dayMs);
  await run(results.done);
  expect((await row(id)).payload).not.toBeNull();
  ctx.clock.advance(29 * dayMs);
  await run(results.done);
  expect((await row(id)).payload).toBeNull();
  const forgetting = await database.connection.db.select().from(jobs).where(eq(jobs.kind, forgetPayloadKind));
  expect(forgetting.filter(({ key }) => key.startsWith(id)).map(({ state }) => state)).toEqual(['done', 'done']);
});

test('work that an earlier runner was at is begun anew at once by one that knows to be alone', async () => {
  const { id, sessionId } = await anOwedEnd();
  const { db } = database.connection;
  const now = ctx.clock.now();
  await takeDueJob(db, now, new Date(now.getTime() + 60_000));
  await run(results.done);
  expect(await row(id)).toMatchObject({ state: 'waiting', attempts: 1 });
  const alone = await createJobRunner(
    ctx,
    { [endSessionKind]: { attempt: async () => results.done } },
    { isOnlyRunner: true },
  );
  await alone.drain();
  await alone.stop();
  expect(await row(id)).toMatchObject({ state: 'done', attempts: 2 });
  const seen = await findSessionJob(db, sessionId, endSessionKind);
  expect(seen?.tries.map(({ n, outcome }) => [n, outcome])).toEqual([
    [2, 'done'],
    [1, 'started'],
  ]);
});
