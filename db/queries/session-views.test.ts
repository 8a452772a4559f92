// Contract: a view ends once; those that a gateway left open end when their session did, and those of sessions that run
// are left alone.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId, type SessionId, type SessionViewId } from '../../server/ids.ts';
import { sessionViews } from '../schema.ts';
import { anActor, aSession } from '../testing/builders.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { endView, endViewsLeftBehind, insertView } from './session-views.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const startedAt = new Date('2026-03-01T12:00:00.000Z');
const endedAt = new Date('2026-03-01T12:05:00.000Z');
const later = new Date('2026-03-01T12:06:00.000Z');

async function aView(sessionId: SessionId): Promise<SessionViewId> {
  const { db } = database.connection;
  const id = newId<SessionViewId>();
  const { person } = await anActor(db, ['auditor']);
  await insertView(db, { id, sessionId, viewerId: person.id, kind: 'watch', startedAt });
  return id;
}

async function endOf(id: SessionViewId): Promise<Date | null | undefined> {
  const [row] = await database.connection.db.select().from(sessionViews).where(eq(sessionViews.id, id));
  return row?.endedAt;
}

it('ends once', async () => {
  const { db } = database.connection;
  const session = await aSession(db, await anActor(db), { state: 'active' });
  const id = await aView(session.id);
  expect([await endView(db, id, endedAt), await endView(db, id, later)]).toEqual([true, false]);
  expect(await endOf(id)).toEqual(endedAt);
});

it('ends with its session when nobody else ended it', async () => {
  const { db } = database.connection;
  const ended = { state: 'ended', endReason: 'crashed', endedAt } as const;
  const [over, before] = [await aSession(db, await anActor(db), ended), await aSession(db, await anActor(db), ended)];
  const running = await aSession(db, await anActor(db), { state: 'active' });
  const [left, known, open] = [await aView(over.id), await aView(before.id), await aView(running.id)];
  await endView(db, known, startedAt);
  await endViewsLeftBehind(db);
  expect([await endOf(left), await endOf(known), await endOf(open)]).toEqual([endedAt, startedAt, null]);
});
