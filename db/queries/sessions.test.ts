/*
 * A session moves requested → opening → active → ended and never back. Of any number of callers exactly one opens it and
 * exactly one ends it, whatever happens at the same moment; a lease is renewed only by the gateway that holds it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../server/context.ts';
import { newId, type SessionId, type WriterId } from '../../server/ids.ts';
import { anActor, anApiToken, anAwsRecord, anAwsSession, aSession } from '../testing/builders.ts';
import { testKeyring } from '../testing/context.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { findCallSessionsLeftBehind } from './aws-calls.ts';
import { findExpiredLeases, findLeftBehind, markActive, markEnded, markOpening, renewLeases } from './sessions.ts';

let database: TestDatabase;
let actor: Actor;
const gatewayId = newId<WriterId>();
const now = new Date('2030-01-01T00:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);

beforeAll(async () => {
  database = await testDatabase();
  actor = await anActor(database.connection.db);
});

afterAll(() => database.close());

async function session(given: Parameters<typeof aSession>[2] = {}): Promise<SessionId> {
  return (await aSession(database.connection.db, actor, given)).id;
}

async function running(leaseUntil = later(15_000), held: WriterId = gatewayId): Promise<SessionId> {
  return session({ state: 'active', gatewayId: held, leaseUntil });
}

async function rowOf(id: SessionId) {
  return database.connection.db.query.sessions.findFirst({ where: (table, { eq }) => eq(table.id, id) });
}

describe('opening', () => {
  test('is done by one of many', async () => {
    const id = await session();
    const lease = { gatewayId, leaseUntil: later(15_000) };
    const { db } = database.connection;
    const all = await Promise.all(Array.from({ length: 6 }, () => markOpening(db, id, lease)));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await rowOf(id)).toMatchObject({ state: 'opening', gatewayId, leaseUntil: later(15_000) });
  });

  test('becomes active once, and only from opening', async () => {
    const { db } = database.connection;
    const id = await session();
    expect(await markActive(db, id, now)).toBe(false);
    await markOpening(db, id, { gatewayId, leaseUntil: later(15_000) });
    expect([await markActive(db, id, now), await markActive(db, id, later(1))]).toEqual([true, false]);
    expect(await rowOf(id)).toMatchObject({ state: 'active', openedAt: now });
  });

  test('does not bring an ended session back', async () => {
    const { db } = database.connection;
    const id = await session();
    await markEnded(db, id, { reason: 'abandoned', endedAt: now });
    expect(await markOpening(db, id, { gatewayId, leaseUntil: later(1) })).toBe(false);
    expect(await markActive(db, id, now)).toBe(false);
    expect(await rowOf(id)).toMatchObject({ state: 'ended', endReason: 'abandoned' });
  });
});

describe('ending', () => {
  test('is done by one of many, and what that one said stays', async () => {
    const { db } = database.connection;
    const id = await running();
    const reasons = ['revoked', 'exited', 'crashed', 'closed'] as const;
    const all = await Promise.all(
      reasons.map((reason) => markEnded(db, id, { reason, endedAt: now, detail: reason, exitStatus: 3, bytesOut: 9 })),
    );
    const won = reasons.filter((_, index) => all[index]);
    expect(won).toHaveLength(1);
    expect(await rowOf(id)).toMatchObject({
      endReason: won[0],
      endDetail: won[0],
      exitStatus: 3,
      bytesOut: 9,
      bytesIn: 0,
    });
    expect(await markEnded(db, id, { reason: 'failed', endedAt: later(5) })).toBe(false);
    expect(await rowOf(id)).toMatchObject({ endReason: won[0], endedAt: now });
  });

  test('leaves the counts alone when whoever ends it does not know them', async () => {
    const id = await session({ state: 'active', gatewayId, bytesOut: 5, bytesIn: 6 });
    await markEnded(database.connection.db, id, { reason: 'crashed', endedAt: now });
    expect(await rowOf(id)).toMatchObject({ bytesOut: 5, bytesIn: 6, exitStatus: null, endDetail: null });
  });
});

describe('leases', () => {
  test('are renewed in one go, for what this gateway holds and has not ended', async () => {
    const { db } = database.connection;
    const [mine, other, ended] = [await running(), await running(later(1), newId<WriterId>()), await running()];
    await markEnded(db, ended, { reason: 'terminated', endedAt: now });
    const unknown = newId<SessionId>();
    expect(await renewLeases(db, gatewayId, [mine, other, ended, unknown], later(60_000))).toEqual([mine]);
    expect((await rowOf(mine))?.leaseUntil).toEqual(later(60_000));
    expect((await rowOf(other))?.leaseUntil).toEqual(later(1));
    expect(await renewLeases(db, gatewayId, [], later(1))).toEqual([]);
  });

  test('of another process are found by the next of its kind: at computers by a gateway, of calls by what holds calls', async () => {
    const { db } = database.connection;
    const keyring = testKeyring();
    const { credential } = await anAwsRecord(db, keyring);
    const { token } = await anApiToken(db, keyring, actor.person);
    const held = newId<WriterId>();
    const ofCalls = await anAwsSession(db, token, credential.id, { gatewayId: held, leaseUntil: later(1) });
    const atComputer = await running(later(1), held);
    const found = (await findLeftBehind(db, gatewayId)).map(({ sessionId }) => sessionId);
    expect(found).toContain(atComputer);
    expect(found).not.toContain(ofCalls.id);
    expect((await findCallSessionsLeftBehind(db, gatewayId)).map(({ sessionId }) => sessionId)).toEqual([ofCalls.id]);
    expect(await findCallSessionsLeftBehind(db, held)).toEqual([]);
    for (const id of [ofCalls.id, atComputer]) await markEnded(db, id, { reason: 'closed', endedAt: now });
  });

  test('that ran out are found, the oldest first; at its last moment a lease has run out', async () => {
    const { db } = database.connection;
    const past = (ms: number) => new Date(Date.UTC(2020, 0, 1) + ms);
    const second = await session({ leaseUntil: past(2) });
    const first = await running(past(1));
    const ended = await running(past(0));
    await markEnded(db, ended, { reason: 'closed', endedAt: now });
    const found = await findExpiredLeases(db, past(2));
    expect(found.map(({ sessionId, state, gatewayId: held }) => [sessionId, state, held])).toEqual([
      [first, 'active', gatewayId],
      [second, 'requested', null],
    ]);
    expect(await findExpiredLeases(db, past(0))).toEqual([]);
    expect((await findExpiredLeases(db, past(1))).map(({ sessionId }) => sessionId)).toEqual([first]);
  });
});
