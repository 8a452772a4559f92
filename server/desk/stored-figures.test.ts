/** Contract: what the database knows is counted as it stands, once for all who ask within seconds, and never waited for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobs, type recordings } from '../../db/schema.ts';
import { anActor, aRecording, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Actor } from '../context.ts';
import { type JobId, newId } from '../ids.ts';
import { createStoredFigures } from './stored-figures.ts';

let database: TestDatabase;
let owner: Actor;
beforeAll(async () => {
  database = await testDatabase();
  owner = await anActor(database.connection.db);
});
afterAll(() => database?.close());

const read = () => createStoredFigures(database.context())();

test('an empty installation has zeros', async () => {
  expect(await read()).toEqual({
    jobs: [],
    recordedBytes: 0,
    notPlayable: [
      { why: 'unplayable', count: 0 },
      { why: 'unchecked', count: 0 },
      { why: 'failed', count: 0 },
    ],
  });
});

test('jobs are counted by kind and state with their attempts, recordings by what is known of them', async () => {
  const { db } = database.connection;
  const now = new Date();
  const job = (kind: string, attempts: number, finishedAt: Date | null = null) =>
    db.insert(jobs).values({
      id: newId<JobId>(),
      kind,
      key: newId(),
      attempts,
      state: finishedAt ? 'done' : 'waiting',
      dueAt: now,
      giveUpAt: now,
      createdAt: now,
      finishedAt,
    });
  for (const attempts of [1, 4]) await job('end_session', attempts);
  await job('index_recording', 1, now);
  const recorded = async (set: Partial<typeof recordings.$inferInsert>) => {
    await aRecording(db, await aSession(db, owner), set);
  };
  await recorded({ state: 'sealed', playable: 'playable', bytes: 1000, indexBytes: 24 });
  await recorded({ state: 'sealed', playable: 'unplayable', bytes: 3_000_000_000 });
  await recorded({ state: 'sealed', playable: 'unknown', bytes: 0 });
  await recorded({ state: 'failed', playable: 'unknown', bytes: 0 });
  await recorded({ state: 'failed', playable: 'unplayable', bytes: 0 });
  await recorded({ state: 'writing', playable: 'unknown', bytes: 0 });
  await recorded({ state: 'deleted', playable: 'unplayable', bytes: 5000, deletedAt: now });
  expect(await read()).toEqual({
    jobs: [
      { kind: 'end_session', state: 'waiting', count: 2, attempts: 5, mostAttempts: 4 },
      { kind: 'index_recording', state: 'done', count: 1, attempts: 1, mostAttempts: 1 },
    ],
    recordedBytes: 3_000_001_024,
    notPlayable: [
      { why: 'unplayable', count: 2 },
      { why: 'unchecked', count: 1 },
      { why: 'failed', count: 1 },
    ],
  });
});

test('those who ask at once share one reading', async () => {
  const stored = createStoredFigures(database.context());
  expect(stored()).toBe(stored());
  await stored();
});
