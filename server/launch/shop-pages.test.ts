/*
 * Manage Access holds what somebody has a grant for, in pages that the database makes: marked ones first, then by name. All
 * computers are shown besides only while a setting says so. Above the first page stands what they worked on last.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { grants, settings } from '../../db/schema.ts';
import { aComputer, aCredential, aGrant, aGroup, anActor, aPolicy, aSession } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { type ComputerGuid, type ComputerId, type GrantId, newId } from '../ids.ts';
import { listConnectChoices } from './list-connect-choices.ts';
import { listShop, type ShopQuery } from './list-shop.ts';
import { setFavoriteComputer } from './set-favorite-computer.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let actor: Actor;
let word: string;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  ctx = testContext(database.connection);
  actor = await anActor(db());
  word = randomBytes(4).toString('hex');
});
afterAll(() => database.close());

const db = () => database.connection.db;
const at = (ms: number) => new Date(ctx.clock.now().getTime() + ms);

async function shop(query: Partial<ShopQuery> = {}) {
  return valueIn(await listShop(ctx, actor, { view: 'granted', search: '', page: 1, ...query }));
}

/** Names in the view, without the word that keeps this test's computers apart. */
async function namesIn(query: Partial<ShopQuery> = {}): Promise<string[]> {
  return (await shop(query)).page.rows.map(({ name }) => name.replace(` ${word}`, ''));
}

async function granted(name: string, given: Partial<Parameters<typeof aGrant>[1]> = {}) {
  const computer = await aComputer(db(), { name: `${name} ${word}` });
  await aGrant(db(), { personId: actor.person.id, computerId: computer.id, ...given });
  return computer;
}

const mark = (computer: { guid: ComputerGuid }, isFavorite = true) =>
  setFavoriteComputer(ctx, actor, { computerGuid: computer.guid, isFavorite });

describe('Manage Access', () => {
  test('has what a grant reaches now, later or until a month ago, through a group as well, and nothing of others', async () => {
    const group = await aGroup(db(), [actor.person]);
    await granted('now');
    await granted('later', { startsAt: at(60_000) });
    await granted('by group', { personId: null, groupId: group.id });
    await granted('missed', { endsAt: at(0) });
    await granted('over', { endsAt: at(-30 * 24 * 60 * 60_000) });
    await granted('revoked', { revokedAt: at(-1) });
    await granted('of another', { personId: (await anActor(db())).person.id });
    expect(await namesIn()).toEqual(['by group', 'later', 'missed', 'now']);
  });

  test('puts marked ones first until they are unmarked, for this person alone', async () => {
    const [, beta, gamma] = [await granted('alpha'), await granted('beta'), await granted('gamma')];
    valueIn(await mark(gamma));
    valueIn(await mark(gamma));
    valueIn(await mark(beta));
    expect(await namesIn()).toEqual(['beta', 'gamma', 'alpha']);
    expect((await shop()).page.rows.map(({ isFavorite }) => isFavorite)).toEqual([true, true, false]);
    valueIn(await mark(beta, false));
    expect(await namesIn()).toEqual(['gamma', 'alpha', 'beta']);
    actor = await anActor(db());
    expect((await shop({ view: 'all', search: `gamma ${word}` })).page.rows[0]?.isFavorite).toBe(false);
    expect(await mark({ guid: newId<ComputerGuid>() })).toMatchObject({ code: 'not_found' });
  });

  test('is searched by all words in name, description and mode, as they are written', async () => {
    await granted('web_1');
    await granted('web-2');
    expect(await namesIn({ search: `WEB ssh ${word}` })).toEqual(['web-2', 'web_1']);
    expect(await namesIn({ search: 'web_' })).toEqual(['web_1']);
    expect(await namesIn({ search: "web' or 1=1 --" })).toEqual([]);
    expect(await namesIn({ search: '%' })).toEqual([]);
  });

  test('is the only view once the setting hides what one has no grant for', async () => {
    await granted('mine');
    await aComputer(db(), { name: `other ${word}` });
    expect(await namesIn({ view: 'all', search: word })).toEqual(['mine', 'other']);
    const changed = { changedAt: new Date(), changedBy: null };
    await db()
      .insert(settings)
      .values([
        { name: 'shopShowsAll', value: false, ...changed },
        { name: 'helpContact', value: 'Ada, ext. 42', ...changed },
      ]);
    expect(await namesIn({ view: 'all', search: word })).toEqual(['mine']);
    expect(await shop({ view: 'all' })).toMatchObject({
      view: 'granted',
      showsAll: false,
      helpContact: 'Ada, ext. 42',
    });
    await database.connection.sql`delete from settings`;
  });
});

describe('what was worked on last', () => {
  test('is five computers, the latest first, each once, opened and still granted', async () => {
    const worked = async (name: string, minutesAgo: number, given: object = {}) => {
      const computer = await granted(name);
      await aSession(db(), actor, {
        computerId: computer.id,
        requestedAt: at(-60_000 * minutesAgo),
        openedAt: at(-60_000 * minutesAgo),
        ...given,
      });
      return computer;
    };
    for (let n = 1; n <= 6; n++) await worked(`c${n}`, n);
    await worked('never opened', 0, { openedAt: null });
    const again = await worked('again', 30);
    await aSession(db(), actor, { computerId: again.id, requestedAt: at(-1), openedAt: at(-1) });
    const lost = await worked('lost', 0);
    await database.connection.sql`update grants set revoked_at = now() where computer_id = ${lost.id}`;
    const recent = (await shop()).recent.map(({ name }) => name.replace(` ${word}`, ''));
    expect(recent).toEqual(['again', 'c1', 'c2', 'c3', 'c4']);
    expect((await shop({ search: word })).recent).toEqual([]);
    actor = await anActor(db());
    expect((await shop()).recent).toEqual([]);
  });
});

describe('two thousand computers', () => {
  test('come a page at a time, each once, and a page after the last is the last', async () => {
    const { id: sharedCredentialId } = await aCredential(db());
    const { id: policyId } = await aPolicy(db());
    const rows = await database.connection.sql<{ id: number }[]>`
      insert into computers (guid, name, mode, server, port, shared_credential_id)
      select gen_random_uuid(), 'host ' || lpad(n::text, 4, '0') || ${` ${word}`}, 'SSH', '192.0.2.10', 22, ${sharedCredentialId}
      from generate_series(1, 2000) as n returning id`;
    const personId = actor.person.id;
    await db()
      .insert(grants)
      .values(
        rows.map(({ id }) => ({ id: newId<GrantId>(), personId, computerId: Number(id) as ComputerId, policyId })),
      );

    const seen = new Set<string>();
    for (const page of [1, 2, 20, 40]) for (const name of await namesIn({ page })) seen.add(name);
    expect(seen.size).toBe(200);
    const last = await shop({ page: 999 });
    expect(last.page).toMatchObject({ page: 40, pages: 40, total: 2000 });
    expect(last.page.rows.at(-1)?.name).toBe(`host 2000 ${word}`);
    expect(last.page.rows.every(({ connect }) => connect.allowed)).toBe(true);
    expect(await namesIn({ search: `1234 ${word}` })).toEqual(['host 1234']);
  });
});

test('nobody sees or chooses anything who is not let in', async () => {
  const computer = await granted('closed');
  await database.connection.sql`update grants set revoked_at = now() where computer_id = ${computer.id}`;
  const choices = (computerGuid = computer.guid) => listConnectChoices(ctx, actor, { computerGuid });
  expect(await choices()).toMatchObject({ code: 'grant_revoked' });
  expect(await choices(newId<ComputerGuid>())).toMatchObject({ code: 'not_found' });
  actor = await anActor(db(), ['user'], { disabledAt: at(0) });
  expect(await choices()).toMatchObject({ code: 'person_disabled' });
  expect(await mark(computer)).toMatchObject({ code: 'person_disabled' });
});
