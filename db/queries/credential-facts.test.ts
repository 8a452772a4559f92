/*
 * What decide() is told about credentials is what the database says at this moment: which a computer has and at what level,
 * what they refer to, where their secret waits, and who else works with them. Nothing of another computer gets in.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../server/context.ts';
import type { SharedCredentialFacts } from '../../server/decide/facts.ts';
import { type AccessLevelId, type CheckOutId, newId, type PersonId } from '../../server/ids.ts';
import {
  accessLevels,
  checkOuts,
  computerCredentials,
  computers,
  credentials,
  credentialTargets,
  favoriteCredentials,
  sessions,
} from '../schema.ts';
import { aComputer, aCredential, aGrant, anActor, aPerson, aSession, type ComputerRow } from '../testing/builders.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { loadAccess, loadRequestedAccess } from './access-facts.ts';
import { findOwnCredentials, findPickedCredential } from './credential-facts.ts';

let database: TestDatabase;
let actor: Actor;
let computer: ComputerRow;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  actor = await anActor(database.connection.db);
  computer = await aComputer(database.connection.db, { server2: '192.0.2.11' });
});
afterAll(() => database.close());

const db = () => database.connection.db;

async function aLevel(): Promise<AccessLevelId> {
  const id = newId<AccessLevelId>();
  await db()
    .insert(accessLevels)
    .values({ id, name: `Level ${id}` });
  return id;
}

async function factsFor(personId: PersonId = actor.person.id): Promise<readonly SharedCredentialFacts[]> {
  return (await loadAccess(db(), personId, computer.guid))?.credentials ?? [];
}

const standard = async () => (await factsFor()).find(({ id }) => id === computer.sharedCredentialId);

describe('the shared credentials of a computer', () => {
  test('are that of Connect and those besides, each at its level, and none of another computer', async () => {
    const accessLevelId = await aLevel();
    const [second, levelled] = [await aCredential(db()), await aCredential(db())];
    const computerId = computer.id;
    await db()
      .insert(computerCredentials)
      .values([
        { computerId, credentialId: second.id },
        { computerId, credentialId: levelled.id, accessLevelId },
      ]);
    await aComputer(db());
    const levels = new Map((await factsFor()).map(({ id, accessLevelId: level }) => [id, level]));
    expect(levels).toEqual(
      new Map([
        [computer.sharedCredentialId, null],
        [second.id, null],
        [levelled.id, accessLevelId],
      ]),
    );
  });

  test('are never somebody’s own, whatever row says so', async () => {
    const theirs = await aCredential(db(), { ownerId: (await aPerson(db())).id });
    await db().insert(computerCredentials).values({ computerId: computer.id, credentialId: theirs.id });
    await db().update(computers).set({ sharedCredentialId: theirs.id }).where(eq(computers.id, computer.id));
    expect(await factsFor()).toEqual([]);
  });

  test.each([
    ['its first address', '192.0.2.10', 22, true],
    ['its second address, which is left out then', '192.0.2.11', 22, false],
    ['an address of another computer', '192.0.2.12', 22, false],
    ['another port', '192.0.2.10', 2222, false],
  ])('that wait at %s', async (_, server, port, expected) => {
    const credentialId = computer.sharedCredentialId!;
    const suspended = { suspendedAt: new Date(), suspendedWhy: 'address' } as const;
    await db()
      .insert(credentialTargets)
      .values({ credentialId, server, port, ...suspended })
      .onConflictDoUpdate({
        target: [credentialTargets.credentialId, credentialTargets.server, credentialTargets.port],
        set: suspended,
      });
    expect((await standard())?.isSuspended).toBe(expected);
  });

  test('say how others work with them, until their sessions end; oneself counts for nothing', async () => {
    const other = await anActor(db());
    const use = async (by: Actor, isExclusive: boolean) => {
      const grant = await aGrant(db(), { personId: by.person.id, computerId: computer.id });
      const session = await aSession(db(), by, { computerId: computer.id, grantId: grant.id, state: 'active' });
      await db()
        .insert(checkOuts)
        .values({
          id: newId<CheckOutId>(),
          personId: by.person.id,
          loginSessionId: by.login.id,
          computerId: computer.id,
          credentialId: computer.sharedCredentialId,
          isPersonal: false,
          isExclusive,
          grantId: grant.id,
          policy: session.policy,
          apiKeyHash: Buffer.from(newId()),
          applicationKeyHash: Buffer.from(newId()),
          createdAt: new Date(),
          expiresAt: new Date(),
          usedAt: new Date(),
          sessionId: session.id,
        });
      return session.id;
    };
    await use(actor, true);
    expect((await standard())?.inUse).toBe('no');
    await use(other, false);
    expect((await standard())?.inUse).toBe('shared');
    const id = await use(other, true);
    await use(other, false);
    expect((await standard())?.inUse).toBe('exclusive');
    expect((await factsFor(other.person.id))[0]?.inUse).toBe('exclusive');
    const over = { state: 'ended', endReason: 'closed', endedAt: new Date() } as const;
    await db().update(sessions).set(over).where(eq(sessions.id, id));
    expect((await standard())?.inUse).toBe('shared');
  });
});

describe('a picked credential', () => {
  test('says whose it is and whose the one is that it refers to: nobody’s is not none', async () => {
    const ownerId = actor.person.id;
    const [shared, mine] = [await aCredential(db()), await aCredential(db(), { ownerId })];
    const pickOf = async (referenceId: typeof mine.id) => {
      const { id } = await aCredential(db(), { ownerId, referenceId, secretId: null });
      return findPickedCredential(db(), id);
    };
    expect(await findPickedCredential(db(), mine.id)).toEqual({ id: mine.id, ownerId, reference: null });
    expect(await findPickedCredential(db(), shared.id)).toMatchObject({ ownerId: null, reference: null });
    expect(await pickOf(shared.id)).toMatchObject({ ownerId, reference: { id: shared.id, ownerId: null } });
    expect(await pickOf(mine.id)).toMatchObject({ reference: { id: mine.id, ownerId } });
    expect(await findPickedCredential(db(), newId())).toBeUndefined();
  });

  test('of one’s own are listed for their owner alone, the marked ones first', async () => {
    const ownerId = actor.person.id;
    const made = [];
    for (const name of ['beta', 'Alpha', 'gamma']) made.push(await aCredential(db(), { ownerId, name }));
    await aCredential(db(), { ownerId: (await aPerson(db())).id });
    await db().insert(favoriteCredentials).values({ personId: ownerId, credentialId: made[2]!.id });
    const found = await findOwnCredentials(db(), ownerId);
    expect(found.map(({ name }) => name)).toEqual(['gamma', 'Alpha', 'beta']);
    expect(found[1]).toEqual({
      id: made[1]!.id,
      name: 'Alpha',
      username: 'root',
      type: 'password',
      ownerId,
      reference: null,
    });
  });
});

test('a session is opened with the credential that it was requested with, as it is now', async () => {
  const mine = await aCredential(db(), { ownerId: actor.person.id });
  const { id } = await aSession(db(), actor, { credentialId: mine.id, credentialKind: 'personal' });
  expect(await loadRequestedAccess(db(), id)).toMatchObject({
    credential: { kind: 'chosen', credential: { id: mine.id, ownerId: actor.person.id } },
  });
  await db().delete(credentials).where(eq(credentials.id, mine.id));
  expect(await loadRequestedAccess(db(), id)).toMatchObject({ credential: { kind: 'chosen', credential: null } });
  const { id: elsewhere } = await aSession(db(), actor, { credentialKind: 'external' });
  expect(await loadRequestedAccess(db(), elsewhere)).toMatchObject({ credential: { kind: 'elsewhere' } });
  expect(await loadRequestedAccess(db(), newId())).toBeUndefined();
});
