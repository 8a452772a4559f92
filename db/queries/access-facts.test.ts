/*
 * What decide() is told about running sessions is read fresh in one statement: the person, the sign-in, the computer and
 * the one grant the session was opened under, if it still reaches the person. Every way of losing the right shows in it.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../server/context.ts';
import { decide } from '../../server/decide/decide.ts';
import { newId, type SessionId } from '../../server/ids.ts';
import { computers, grants, groupMembers, loginSessions, people } from '../schema.ts';
import { aComputer, aGrant, aGroup, anActor, aSession } from '../testing/builders.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { loadSessionAccess } from './access-facts.ts';

let database: TestDatabase;
let actor: Actor;
const now = new Date();

beforeAll(async () => {
  database = await testDatabase();
});

beforeEach(async () => {
  actor = await anActor(database.connection.db);
});

afterAll(() => database.close());

async function mayContinue(id: SessionId): Promise<string> {
  const [facts] = await loadSessionAccess(database.connection.db, [id]);
  if (!facts) return 'unknown';
  const decision = decide('continue', { ...facts.who, access: facts.access, grantId: facts.grantId }, now);
  return decision.allow ? 'yes' : decision.reason;
}

async function sessionThroughGroup(): Promise<{ id: SessionId; groupId: string }> {
  const { db } = database.connection;
  const group = await aGroup(db, [actor.person]);
  const { id: computerId } = await aComputer(db);
  const grant = await aGrant(db, { groupId: group.id, computerId });
  return { id: (await aSession(db, actor, { computerId, grantId: grant.id })).id, groupId: group.id };
}

describe('a running session', () => {
  test('of a direct grant and of a group’s grant may go on', async () => {
    const { id } = await aSession(database.connection.db, actor);
    expect(await mayContinue(id)).toBe('yes');
    expect(await mayContinue((await sessionThroughGroup()).id)).toBe('yes');
  });

  test('ends when its grant is revoked or over, even beside another grant for the same computer', async () => {
    const { db } = database.connection;
    const { id: computerId } = await aComputer(db);
    const ours = { personId: actor.person.id, computerId };
    const { id: grantId } = await aGrant(db, { ...ours, endsAt: now });
    const { id } = await aSession(db, actor, { computerId, grantId });
    await aGrant(db, ours);
    expect(await mayContinue(id)).toBe('grant_ended');
    await db.update(grants).set({ revokedAt: now }).where(eq(grants.id, grantId));
    expect(await mayContinue(id)).toBe('grant_revoked');
  });

  test('ends when the person leaves the group, is disabled or signs out, or the computer is switched off', async () => {
    const { db } = database.connection;
    const { id, groupId } = await sessionThroughGroup();
    const { id: other, computerId } = await aSession(db, actor);
    await db.delete(groupMembers).where(eq(groupMembers.groupId, groupId as never));
    expect(await mayContinue(id)).toBe('grant_revoked');
    await db.update(computers).set({ disabledAt: now }).where(eq(computers.id, computerId));
    expect(await mayContinue(other)).toBe('computer_disabled');
    await db.update(loginSessions).set({ revokedAt: now }).where(eq(loginSessions.id, actor.login.id));
    expect(await mayContinue(other)).toBe('signed_out');
    await db.update(people).set({ disabledAt: now }).where(eq(people.id, actor.person.id));
    expect(await mayContinue(other)).toBe('person_disabled');
  });
});

test('many sessions are answered at once, each with its own facts, unknown ones left out', async () => {
  const { db } = database.connection;
  const actors = await Promise.all(Array.from({ length: 5 }, () => anActor(db)));
  const ids = await Promise.all(actors.map(async (who) => (await aSession(db, who)).id));
  const all = await loadSessionAccess(db, [...ids, newId<SessionId>()]);
  expect(all).toHaveLength(5);
  for (const { session, who, access, grantId } of all) {
    const index = ids.indexOf(session.id);
    expect(who.person.id).toBe(actors[index]?.person.id);
    expect(who.login.id).toBe(actors[index]?.login.id);
    expect(access.grants.map(({ id }) => id)).toEqual([grantId]);
    expect(access.grants[0]?.policy.recording).toBe('required');
  }
  expect(await loadSessionAccess(db, [])).toEqual([]);
});
