/*
 * The shop shows every computer to everyone, and tells each person whether they may connect right now or why not. Rights
 * come from grants that name them or a group of theirs, within the grant's time. Addresses and accounts are not shown.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aComputer, actorOf, aGrant, aGroup, aLogin, anActor, aPerson, aPolicy } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { ComputerGuid, ComputerId } from '../ids.ts';
import { listShop, type ShopQuery, type ShopRow } from './list-shop.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let actor: Actor;
let computer: { id: ComputerId; guid: ComputerGuid; name: string };

beforeAll(async () => {
  database = await testDatabase();
});

beforeEach(async () => {
  ctx = testContext(database.connection);
  actor = await anActor(database.connection.db);
  computer = await aComputer(database.connection.db, { server: 'hidden.example', description: 'shown' });
});

afterAll(() => database.close());

/** What somebody finds among all computers, however many pages these are. */
async function rowsFor(who: Actor = actor, search = ''): Promise<ShopRow[]> {
  const rows: ShopRow[] = [];
  for (let page = 1; ; page += 1) {
    const { page: found } = valueIn(await listShop(ctx, who, { view: 'all', search, page }));
    rows.push(...found.rows);
    if (page === found.pages) return rows;
  }
}

async function rowFor(who: Actor = actor): Promise<ShopRow | undefined> {
  return (await rowsFor(who, computer.name)).find(({ guid }) => guid === computer.guid);
}

async function connectFor(who: Actor = actor): Promise<ShopRow['connect'] | undefined> {
  return (await rowFor(who))?.connect;
}

async function codeFor(who: Actor = actor): Promise<string> {
  const connect = await connectFor(who);
  if (!connect) return 'not shown';
  return connect.allowed ? 'allowed' : connect.code;
}

function grant(given: Partial<Parameters<typeof aGrant>[1]>) {
  return aGrant(database.connection.db, { computerId: computer.id, ...given });
}

const top: ShopQuery = { view: 'granted', search: '', page: 1 };
const at = (ms: number) => new Date(ctx.clock.now().getTime() + ms);

describe('what is shown', () => {
  test('name, description, mode and the terms; never the address or the account', async () => {
    const policy = await aPolicy(database.connection.db, { name: 'Terms', recording: 'required', allowCopy: true });
    await grant({ personId: actor.person.id, policyId: policy.id, endsAt: at(60_000) });
    expect(await rowFor()).toEqual({
      guid: computer.guid,
      name: computer.name,
      description: 'shown',
      mode: 'SSH',
      isFavorite: false,
      isAdvancedOffered: true,
      connect: {
        allowed: true,
        policy: {
          id: policy.id,
          name: 'Terms',
          recording: 'required',
          recordInput: false,
          allowCopy: true,
          allowPaste: false,
          exclusiveCheckOut: false,
        },
        accessLevel: null,
        endsAt: at(60_000),
      },
    });
    expect(JSON.stringify(await rowsFor())).not.toContain('hidden.example');
  });

  test('computers in the order of their names, whatever the case', async () => {
    for (const name of ['zeta', 'Alpha', 'beta']) await aComputer(database.connection.db, { name: `${name} order` });
    const names = (await rowsFor(actor, 'order')).map(({ name }) => name);
    expect(names).toEqual(['Alpha order', 'beta order', 'zeta order']);
  });

  test('nothing to a person who is disabled or signed out', async () => {
    const person = await aPerson(database.connection.db, { disabledAt: at(0) });
    const disabled = actorOf(person, await aLogin(database.connection.db, person));
    expect(await listShop(ctx, disabled, top)).toEqual({ ok: false, code: 'person_disabled' });
    const other = await aPerson(database.connection.db);
    const gone = actorOf(other, await aLogin(database.connection.db, other, { revokedAt: at(0) }));
    expect(await listShop(ctx, gone, top)).toEqual({ ok: false, code: 'signed_out' });
  });
});

describe('why not', () => {
  test('no grant, with the sentence for people', async () => {
    await grant({ personId: (await aPerson(database.connection.db)).id });
    expect(await connectFor()).toEqual({
      allowed: false,
      code: 'no_grant',
      message: 'You have no grant for this computer. Please ask an administrator for one.',
    });
  });

  test('a grant for another computer is none for this one', async () => {
    const other = await aComputer(database.connection.db);
    await grant({ personId: actor.person.id, computerId: other.id });
    expect(await codeFor()).toBe('no_grant');
  });

  test('revoked, switched off, or without a credential', async () => {
    await grant({ personId: actor.person.id, revokedAt: at(-1) });
    expect(await codeFor()).toBe('grant_revoked');
    computer = await aComputer(database.connection.db, { disabledAt: at(-1) });
    await grant({ personId: actor.person.id });
    expect(await codeFor()).toBe('computer_disabled');
    computer = await aComputer(database.connection.db, { sharedCredentialId: null });
    await grant({ personId: actor.person.id });
    expect(await codeFor()).toBe('no_credentials');
  });
});

describe('the time of a grant', () => {
  test('begins with its first moment and is over at its last, to the millisecond', async () => {
    await grant({ personId: actor.person.id, startsAt: at(1000), endsAt: at(2000) });
    const seen: string[] = [];
    for (const ms of [999, 1, 999, 1]) {
      ctx.clock.advance(ms);
      seen.push(await codeFor());
    }
    expect(seen).toEqual(['grant_not_started', 'allowed', 'allowed', 'grant_ended']);
  });

  test('one grant in force is enough beside others that are not', async () => {
    await grant({ personId: actor.person.id, revokedAt: at(-1) });
    await grant({ personId: actor.person.id, endsAt: at(-1) });
    await grant({ personId: actor.person.id, startsAt: at(60_000) });
    expect(await codeFor()).toBe('grant_not_started');
    await grant({ personId: actor.person.id });
    expect(await codeFor()).toBe('allowed');
  });

  test('of several in force the strictest recording counts, then the longest time', async () => {
    const { db } = database.connection;
    const off = await aPolicy(db, { recording: 'off' });
    const required = await aPolicy(db, { recording: 'required' });
    await grant({ personId: actor.person.id, policyId: off.id });
    await grant({ personId: actor.person.id, policyId: required.id, endsAt: at(5000) });
    await grant({ personId: actor.person.id, policyId: required.id, endsAt: at(9000) });
    const connect = await connectFor();
    expect(connect?.allowed && [connect.policy.recording, connect.endsAt]).toEqual(['required', at(9000)]);
  });
});

describe('a grant for a group', () => {
  test('reaches its members and nobody else, and ends with the membership', async () => {
    const { db, sql } = database.connection;
    const stranger = await anActor(db);
    const group = await aGroup(db, [actor.person]);
    await aGroup(db, [stranger.person]);
    await grant({ groupId: group.id });
    expect([await codeFor(), await codeFor(stranger)]).toEqual(['allowed', 'no_grant']);
    await sql`delete from group_members where group_id = ${group.id}`;
    expect(await codeFor()).toBe('no_grant');
  });

  test('beside one for the person shows the computer once', async () => {
    const group = await aGroup(database.connection.db, [actor.person]);
    await grant({ groupId: group.id });
    await grant({ personId: actor.person.id });
    const rows = (await rowsFor()).filter(({ guid }) => guid === computer.guid);
    expect(rows).toHaveLength(1);
  });
});
