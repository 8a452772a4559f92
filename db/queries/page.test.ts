// Contract: a list shows fifty rows of the whole, each on exactly one page, in the order that was asked for; a page after
// the last is the last; every word of a search occurs in some text of a row, and none of them is a pattern.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageRows } from '../../server/protocol/list-query.ts';
import { groups } from '../schema.ts';
import { aGroup } from '../testing/builders.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const pageOf = (count: number, page: number) =>
  readPage(
    { page },
    async () => count,
    async ({ limit, offset }) => numbers(count).slice(offset, offset + limit),
  );

describe('a page', () => {
  it('holds every row once over all pages', async () => {
    const count = 3 * pageRows + 1;
    const pages = await Promise.all([1, 2, 3, 4].map((page) => pageOf(count, page)));
    expect(pages.map(({ rows }) => rows.length)).toEqual([pageRows, pageRows, pageRows, 1]);
    expect(pages.flatMap(({ rows }) => rows)).toEqual(numbers(count));
    expect(pages[0]).toMatchObject({ total: count, pages: 4 });
  });

  it('after the last is the last, as when rows went away in between', async () => {
    expect(await pageOf(pageRows + 1, 100_000)).toMatchObject({ page: 2, pages: 2, rows: [pageRows + 1] });
    expect(await pageOf(pageRows, 2)).toMatchObject({ page: 1, pages: 1 });
  });

  it('of nothing reads nothing', async () => {
    const read = () => Promise.reject(new Error('read'));
    expect(await readPage({ page: 3 }, async () => 0, read)).toEqual({ rows: [], total: 0, page: 1, pages: 1 });
  });
});

describe('a search', () => {
  const names = async (search: string) => {
    const rows = await database.connection.db
      .select()
      .from(groups)
      .where(matchesAll(search, [groups.name]));
    return rows.map(({ name }) => name).sort();
  };

  it('wants every word, in any order and case', async () => {
    for (const name of ['Night shift', 'Shift of the night', 'Nightly']) await aGroup(database.connection.db, [], name);
    expect(await names('NIGHT shift')).toEqual(['Night shift', 'Shift of the night']);
    expect(await names('  night\t ')).toEqual(['Night shift', 'Nightly', 'Shift of the night']);
    expect(await names('shift day')).toEqual([]);
  });

  it('without words finds everything', async () => {
    expect(await names(' ')).toHaveLength((await names('')).length);
    expect(matchesAll('   ', [groups.name])).toBeUndefined();
  });

  it.each([
    ['100%', '100 percent'],
    ['a_b', 'axb'],
    ['back\\slash', 'backslash'],
  ])('for %j finds it and not %j', async (name, other) => {
    for (const each of [name, other]) await aGroup(database.connection.db, [], `Literal ${each}`);
    expect(await names(`literal ${name}`)).toEqual([`Literal ${name}`]);
  });

  it.each(['ärzte ödö', 'ARZTE odon', 'ÄRZTE'.normalize('NFD'), 'o\u0308don'])(
    'finds letters with accents whatever their case and however they are typed: %j',
    async (search) => {
      const { db } = database.connection;
      if (!(await names('arzte')).length) await aGroup(db, [], 'ÄRZTE Ödön');
      expect(await names(search)).toEqual(['ÄRZTE Ödön']);
    },
  );

  it('finds a name that was stored with accents of their own', async () => {
    await aGroup(database.connection.db, [], 'Müller'.normalize('NFD'));
    expect(await names('muller')).toHaveLength(1);
    expect(await names('Müller')).toHaveLength(1);
    expect(await names('Müler')).toHaveLength(0);
  });

  it('looks into each text, and a text that is missing matches nothing', async () => {
    const texts = sql`(values ('one', null), (null, 'two'), ('one', 'two')) as texts (a, b)`;
    const wanted = matchesAll('one two', [sql`a`, sql`b`]);
    const rows = await database.connection.db.execute(sql`select a, b from ${texts} where ${wanted}`);
    expect([...rows]).toEqual([{ a: 'one', b: 'two' }]);
  });
});

describe('an order', () => {
  it('is total: rows that are equal in it keep one order over all pages', async () => {
    const { db } = database.connection;
    for (let index = 0; index < 12; index++) await aGroup(db, [], `Tie ${index}`);
    const byLength = (descending: boolean, offset: number) =>
      db
        .select({ id: groups.id })
        .from(groups)
        .where(matchesAll('tie', [groups.name]))
        .orderBy(...orderOf({ sort: 'tie', descending }, { tie: groups.createdAt }, groups.id))
        .limit(4)
        .offset(offset);
    for (const descending of [false, true]) {
      const seen = await Promise.all([0, 4, 8].map((offset) => byLength(descending, offset)));
      expect(new Set(seen.flat().map(({ id }) => id)).size).toBe(12);
    }
  });
});
