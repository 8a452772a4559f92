/**
 * Contract: work that fails, hangs up in the middle or cannot even be written down holds up nothing beside it, and comes to
 * an end: what is cut off again and again is given up when its time is over.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertJob, takeDueJob } from '../../db/queries/jobs.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Context } from '../context.ts';
import { type JobId, newId } from '../ids.ts';
import { createJobRunner, type JobKind } from './runner.ts';

let database: TestDatabase;
let ctx: Context & { clock: ReturnType<TestDatabase['context']>['clock'] };
beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
});
afterAll(() => database?.close());

async function aJob(kind: string, giveUpInMs = 3_600_000): Promise<JobId> {
  const id = newId<JobId>();
  const now = ctx.clock.now();
  const times = { dueAt: now, createdAt: now, giveUpAt: new Date(now.getTime() + giveUpInMs) };
  await insertJob(ctx.connection.db, { id, kind, key: id, sessionId: null, payload: null, ...times });
  return id;
}

async function stateOf(id: JobId): Promise<unknown> {
  const [row] = await database.connection.sql`select state from jobs where id = ${id}`;
  return row?.state;
}

const done: JobKind = { attempt: async () => ({ outcome: 'done', status: 200, detail: null, next: 'done' }) };

test('work whose evidence cannot be written does not keep the rest from being done', async () => {
  const poison: JobKind = {
    ...done,
    evidence: () => Promise.reject(new Error('No evidence')),
  };
  for (let i = 0; i < 6; i++) await aJob('poison');
  ctx.clock.advance(1);
  const good = await aJob('good');
  const runner = await createJobRunner(ctx, { poison, good: done });
  await runner.drain();
  await runner.stop();
  expect(await stateOf(good)).toBe('done');
});

test('work that is cut off each time is given up when its time is over', async () => {
  let attempts = 0;
  const counted: JobKind = {
    attempt: (job) => {
      attempts += 1;
      return done.attempt(job);
    },
  };
  const id = await aJob('cut-off', 1_000);
  await takeDueJob(ctx.connection.db, ctx.clock.now(), new Date(ctx.clock.now().getTime() + 60_000));
  ctx.clock.advance(60_000); // Whoever was at it is gone.
  const runner = await createJobRunner(ctx, { 'cut-off': counted });
  await runner.drain();
  await runner.stop();
  expect(attempts).toBe(0);
  expect(await stateOf(id)).toBe('failed');
});

test('work that is due late for the first time is tried all the same', async () => {
  const id = await aJob('late', 1_000);
  ctx.clock.advance(60_000);
  const runner = await createJobRunner(ctx, { late: done });
  await runner.drain();
  await runner.stop();
  expect(await stateOf(id)).toBe('done');
});
