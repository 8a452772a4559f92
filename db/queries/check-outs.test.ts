/**
 * Contract: a credential that somebody has for themselves goes to nobody else, however many ask at the same moment, and is
 * free again with the end of their session, told or not. One who has it may have it twice.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CheckOutId, newId } from '../../server/ids.ts';
import {
  aComputer,
  aCredential,
  actorOf,
  aGrant,
  aLogin,
  aPerson,
  aPolicy,
  aSession,
  snapshotOf,
} from '../testing/builders.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import {
  type CheckOutRow,
  countWaiting,
  findCheckOut,
  findUses,
  insertCheckOut,
  markCheckOutEnded,
  takeCheckOut,
} from './check-outs.ts';
import { markEnded } from './sessions.ts';

let database: TestDatabase;
let computer: Awaited<ReturnType<typeof aComputer>>;
let policy: Awaited<ReturnType<typeof aPolicy>>;
let credential: Awaited<ReturnType<typeof aCredential>>;
const now = new Date();
const minuteMs = 60_000;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  const { db } = database.connection;
  credential = await aCredential(db);
  computer = await aComputer(db, { sharedCredentialId: credential.id });
  policy = await aPolicy(db);
});
afterAll(() => database?.close());

async function somebody() {
  const { db } = database.connection;
  const person = await aPerson(db);
  const grant = await aGrant(db, { personId: person.id, computerId: computer.id, policyId: policy.id });
  return { person, login: await aLogin(db, person), grant };
}
type Somebody = Awaited<ReturnType<typeof somebody>>;

async function checkedOut(by: Somebody, isExclusive: boolean, expiresAt = new Date(now.getTime() + 10 * minuteMs)) {
  const { db } = database.connection;
  const id = newId<CheckOutId>();
  await insertCheckOut(db, {
    id,
    personId: by.person.id,
    loginSessionId: by.login.id,
    computerId: computer.id,
    credentialId: credential.id,
    isPersonal: false,
    isExclusive,
    grantId: by.grant.id,
    policy: snapshotOf(policy),
    apiKeyHash: randomBytes(32),
    applicationKeyHash: randomBytes(32),
    createdAt: now,
    expiresAt,
  });
  return (await findCheckOut(db, id)) as CheckOutRow;
}

/** Takes the check-out for a new session of its person. */
async function take(by: Somebody, checkOut: CheckOutRow, at = now) {
  const { db } = database.connection;
  const session = await aSession(db, actorOf(by.person, by.login), { computerId: computer.id, grantId: by.grant.id });
  const outcome = await db.transaction((tx) => takeCheckOut(tx, checkOut, session.id, at));
  return { outcome, sessionId: session.id };
}

describe('a credential that is checked out', () => {
  test.each([
    ['shared', false, false, 'taken'],
    ['exclusively', true, false, 'checked_out'],
    ['shared, and wanted exclusively', false, true, 'checked_out'],
    ['exclusively, and wanted exclusively', true, true, 'checked_out'],
  ])('by somebody else, %s', async (_, theirs, mine, expected) => {
    const [alice, bob] = [await somebody(), await somebody()];
    expect((await take(alice, await checkedOut(alice, theirs))).outcome).toBe('taken');
    expect((await take(bob, await checkedOut(bob, mine))).outcome).toBe(expected);
  });

  test('exclusively by oneself is had a second time', async () => {
    const alice = await somebody();
    expect((await take(alice, await checkedOut(alice, true))).outcome).toBe('taken');
    expect((await take(alice, await checkedOut(alice, true))).outcome).toBe('taken');
    expect(await findUses(database.connection.db, [credential.id])).toEqual(
      [1, 2].map(() => ({ credentialId: credential.id, personId: alice.person.id, isExclusive: true })),
    );
  });

  test('but not used yet keeps nobody out', async () => {
    const [alice, bob] = [await somebody(), await somebody()];
    await checkedOut(alice, true);
    expect((await take(bob, await checkedOut(bob, true))).outcome).toBe('taken');
  });

  test('is free again when its identity API says so, and when its session ended although nobody was told', async () => {
    const [alice, bob] = [await somebody(), await somebody()];
    const first = await checkedOut(alice, true);
    await take(alice, first);
    const wanted = await checkedOut(bob, false);
    expect((await take(bob, wanted)).outcome).toBe('checked_out');
    expect(await markCheckOutEnded(database.connection.db, first.id, now)).toBe(true);
    const { outcome, sessionId } = await take(bob, wanted);
    expect(outcome).toBe('taken');

    expect((await take(alice, await checkedOut(alice, true))).outcome).toBe('checked_out');
    await markEnded(database.connection.db, sessionId, { reason: 'crashed', endedAt: now });
    expect((await take(alice, await checkedOut(alice, true))).outcome).toBe('taken');
    expect(await findUses(database.connection.db, [])).toEqual([]);
  });

  test('goes to one of twelve who want it for themselves at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, somebody));
    const wanted = await Promise.all(all.map(async (by) => [by, await checkedOut(by, true)] as const));
    const outcomes = await Promise.all(wanted.map(([by, checkOut]) => take(by, checkOut)));
    const words = outcomes.map(({ outcome }) => outcome).sort();
    expect(words).toEqual([...Array.from({ length: 11 }, () => 'checked_out'), 'taken']);
  });
});

test('handles are used up once, not after their end, and not when they expired', async () => {
  const { db } = database.connection;
  const alice = await somebody();
  const once = await checkedOut(alice, false);
  const outcomes = await Promise.all([1, 2, 3].map(() => take(alice, once)));
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['gone', 'gone', 'taken']);
  const ended = await checkedOut(alice, false);
  await markCheckOutEnded(db, ended.id, now);
  expect((await take(alice, ended)).outcome).toBe('gone');
  const expired = await checkedOut(alice, false);
  expect((await take(alice, expired, expired.expiresAt)).outcome).toBe('gone');
  expect((await take(alice, { ...(await checkedOut(alice, false)), credentialId: null })).outcome).toBe('gone');
});

test('what waits to be used is counted for each person, without what was used, ended or expired', async () => {
  const { db } = database.connection;
  const [alice, bob] = [await somebody(), await somebody()];
  const soon = new Date(now.getTime() + minuteMs);
  await checkedOut(alice, false);
  await checkedOut(alice, false, soon);
  await checkedOut(alice, false, now);
  await take(alice, await checkedOut(alice, false));
  await markCheckOutEnded(db, (await checkedOut(alice, false)).id, now);
  expect(await countWaiting(db, alice.person.id, now)).toEqual({ count: 2, firstExpiresAt: soon });
  expect(await countWaiting(db, bob.person.id, now)).toEqual({ count: 0, firstExpiresAt: null });
});
