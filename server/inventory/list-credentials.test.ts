/*
 * The list of shared credentials is searched, sorted and paged in the database, however many there are. It says which
 * computers use each, how many in all, where it is suspended, and shows the stars of whoever looks, not of others. What it
 * never shows: secrets, and what belongs to a person.
 */
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { computerCredentials, credentialTargets } from '../../db/schema.ts';
import { aComputer, aCredential, anActor } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type CredentialId, newId } from '../ids.ts';
import type { ListQuery } from '../protocol/list-query.ts';
import type { CredentialSort } from '../protocol/list-sorts.ts';
import { withMasterPassword } from '../vault/testing/master-password.ts';
import { findCredentialChoices } from './credential-choices.ts';
import { CreateCredentialInputSchema } from './credential-input.ts';
import { listCredentials, setCredentialFavorite, setOwnCredentialFavorite } from './list-credentials.ts';
import { createPersonalCredential, listPersonalCredentials } from './personal-credentials.ts';

let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin']);
});
afterAll(() => database.close());

const list = async (change: Partial<ListQuery<CredentialSort>> = {}, actor = admin) =>
  valueIn(await listCredentials(ctx, actor, { search: '', sort: 'name', descending: false, page: 1, ...change }));
const names = async (change: Partial<ListQuery<CredentialSort>>, actor = admin) =>
  (await list(change, actor)).rows.map(({ name }) => name);

describe('the list', () => {
  test('has fifty rows to a page, and every row on one page', async () => {
    const { db } = database.connection;
    for (let index = 0; index < 120; index += 1) {
      await aCredential(db, { name: `Paged ${String(index).padStart(3, '0')}` });
    }
    const pages = await Promise.all([1, 2, 3].map((page) => list({ search: 'paged', page })));
    expect(pages.map(({ rows, total, pages: all }) => [rows.length, total, all])).toEqual([
      [50, 120, 3],
      [50, 120, 3],
      [20, 120, 3],
    ]);
    expect(new Set(pages.flatMap(({ rows }) => rows.map(({ credentialId }) => credentialId))).size).toBe(120);
    expect((await list({ search: 'paged', page: 99 })).page).toBe(3);
  });

  test('finds all words in name, description, user name, type or the computers that use it', async () => {
    const { db } = database.connection;
    const word = newId().slice(-8);
    const { id } = await aCredential(db, {
      name: `Backbone ${word}`,
      description: 'for the night shift',
      username: 'operator',
      type: 'ssh_key',
    });
    await aComputer(db, { name: `Router ${word}`, sharedCredentialId: id });
    for (const search of [`backbone ${word}`, `NIGHT ${word}`, `${word} operator`, `router ${word}`, `ssh ${word}`]) {
      expect(await names({ search }), search).toEqual([`Backbone ${word}`]);
    }
    for (const search of [`${word} %`, `${word} _`, `${word} \\`]) expect(await names({ search })).toEqual([]);
  });

  test('is in the order that is asked for, either way', async () => {
    const { db } = database.connection;
    const word = newId().slice(-8);
    const given = [
      ['b', 'zoe', 'password'],
      ['A', 'max', 'ssh_key'],
      ['c', 'amy', 'password'],
    ] as const;
    for (const [name, username, type] of given) await aCredential(db, { name: `${name} ${word}`, username, type });
    const order = async (sort: CredentialSort, descending = false) =>
      (await names({ search: word, sort, descending })).map((name) => name.slice(0, 1)).join('');
    expect([await order('name'), await order('name', true)]).toEqual(['Abc', 'cbA']);
    expect([await order('username'), await order('username', true)]).toEqual(['cAb', 'bAc']);
    expect(await order('type')).toMatch(/^(bc|cb)A$/);
    expect(await order('updated')).toHaveLength(3);
  });

  test('names the first three computers that use a credential, further ones among them, and counts the rest', async () => {
    const { db } = database.connection;
    const { id, name } = await aCredential(db);
    for (const each of ['d', 'b', 'a']) {
      await aComputer(db, { name: `${each} ${newId()}`, sharedCredentialId: id });
    }
    const further = await aComputer(db, { name: `c ${newId()}` });
    await db.insert(computerCredentials).values({ computerId: further.id, credentialId: id });
    const [row] = (await list({ search: name })).rows;
    expect(row?.usedBy.map((each) => each.slice(0, 1))).toEqual(['a', 'b', 'c']);
    expect(row?.usedByCount).toBe(4);
  });

  test('says at how many addresses a credential is suspended', async () => {
    const { db } = database.connection;
    const { id, name } = await aCredential(db);
    for (const server of ['one.example', 'two.example', 'three.example']) {
      await db.insert(credentialTargets).values({ credentialId: id, server, port: 22 });
    }
    await db
      .update(credentialTargets)
      .set({ suspendedAt: sql`now()`, suspendedWhy: 'address' })
      .where(sql`credential_id = ${id} and server <> 'one.example'`);
    expect((await list({ search: name })).rows[0]?.suspended).toBe(2);
  });
});

describe('stars', () => {
  const star = (credentialId: CredentialId, isFavorite: boolean, actor = admin) =>
    setCredentialFavorite(ctx, actor, { credentialId, isFavorite });

  test('stand first on demand, for whoever gave them', async () => {
    const { db } = database.connection;
    const word = newId().slice(-8);
    const ids = new Map<string, CredentialId>();
    for (const name of ['a', 'b', 'c', 'd']) ids.set(name, (await aCredential(db, { name: `${name} ${word}` })).id);
    for (const name of ['d', 'b']) valueIn(await star(ids.get(name)!, true));
    valueIn(await star(ids.get('b')!, true));
    const order = async (actor = admin) =>
      (await names({ search: word, sort: 'favorite' }, actor)).map((name) => name.slice(0, 1)).join('');
    expect(await order()).toBe('bdac');
    expect(await order(await anActor(db, ['admin']))).toBe('abcd');
    valueIn(await star(ids.get('b')!, false));
    expect(await order()).toBe('dabc');
    expect((await list({ search: word })).rows.map(({ isFavorite }) => isFavorite)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test('of personal credentials are their owner’s, and stand first in their profile', async () => {
    const owner = await anActor(database.connection.db);
    await withMasterPassword(ctx, owner.person.id);
    const ids: CredentialId[] = [];
    for (const name of ['First', 'Second']) {
      const input = CreateCredentialInputSchema.parse({ type: 'password', name, username: 'u', password: 'p' });
      ids.push(valueIn(await createPersonalCredential(ctx, owner, input)).credentialId);
    }
    const give = (actor: Actor) => setOwnCredentialFavorite(ctx, actor, { credentialId: ids[1]!, isFavorite: true });
    valueIn(await give(owner));
    expect(valueIn(await listPersonalCredentials(ctx, owner)).map(({ name }) => name)).toEqual(['Second', 'First']);
    expect(await give(admin)).toMatchObject({ code: 'not_found' });
    expect(await star(ids[1]!, true)).toMatchObject({ code: 'not_found' });
  });

  test('of shared credentials are for administrators', async () => {
    const { id } = await aCredential(database.connection.db);
    expect(await star(id, true, await anActor(database.connection.db))).toMatchObject({ code: 'forbidden' });
  });
});

test('forms are offered twenty at a time, by name, never somebody’s own', async () => {
  const { db } = database.connection;
  const word = newId().slice(-8);
  for (let index = 0; index < 25; index += 1) {
    await aCredential(db, { name: `${word} ${String(index).padStart(2, '0')}`, username: 'root' });
  }
  await aCredential(db, { name: `${word} 00 own`, ownerId: admin.person.id });
  const found = valueIn(await findCredentialChoices(ctx, admin, { search: word }));
  expect(found.map(({ label }) => label)).toEqual(
    Array.from({ length: 20 }, (_, index) => `${word} ${String(index).padStart(2, '0')}`),
  );
  expect(found[0]).toMatchObject({ hint: 'root' });
  const user = await anActor(db);
  expect(await findCredentialChoices(ctx, user, { search: word })).toMatchObject({ code: 'forbidden' });
});
