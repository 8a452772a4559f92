/*
 * A whole database goes out as text and comes in again as it was: every table, every column, every byte, ids that go on
 * where they stood, and foreign keys that still hold. What is read is one moment, whatever others write meanwhile.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from './connect.ts';
import { migrateDatabase } from './migrate.ts';
import { copyMigrationsUpTo, lastMigrationOf, placeOfMigration } from './migration-marks.ts';
import { aComputer, aGrant, anActor, aPerson, aSession } from './testing/builders.ts';
import { type TestDatabase, testDatabase } from './testing/database.ts';
import {
  copyIn,
  copyOut,
  inOneSnapshot,
  listSequences,
  listTables,
  refill,
  setSequence,
  type TableShape,
} from './whole-database.ts';

const migrationsFolder = join(import.meta.dirname, 'migrations');
let from: TestDatabase;
let to: TestDatabase;
let source: Connection;
let target: Connection;

beforeAll(async () => {
  [from, to] = await Promise.all([testDatabase(), testDatabase()]);
  source = connect(from.ownerUrl, { max: 1 });
  target = connect(to.ownerUrl, { max: 1 });
});
afterAll(async () => {
  await Promise.all([source.close(), target.close()]);
  await Promise.all([from.close(), to.close()]);
});

const shapes = ({ sql }: Connection) => inOneSnapshot(sql, listTables);
const named = async (connection: Connection, name: string) =>
  (await shapes(connection)).find((table) => table.name === name) as TableShape;
const textOf = (connection: Connection, table: TableShape) =>
  inOneSnapshot(connection.sql, async (tx) => text(copyOut(tx, table)));

async function carryOver(): Promise<void> {
  const tables = await shapes(source);
  const texts = new Map<string, string>();
  for (const table of tables) texts.set(table.name, await textOf(source, table));
  const sequences = await inOneSnapshot(source.sql, listSequences);
  await target.sql.begin((tx) =>
    refill(tx, async () => {
      for (const table of tables) await pipeline(Readable.from([texts.get(table.name)]), await copyIn(tx, table));
      for (const sequence of sequences) await setSequence(tx, sequence);
    }),
  );
}

describe('a whole database', () => {
  it('comes in as it went out', async () => {
    const { db } = from.connection;
    const actor = await anActor(db, ['admin'], { name: 'Tab\there, line\nthere, \\N, "quotes", Ωß🙂' });
    const computer = await aComputer(db);
    await aGrant(db, { computerId: computer.id, personId: actor.person.id });
    await aSession(db, actor, { computerId: computer.id });
    await from.context().audit.append({ kind: 'group.created', subject: { groupId: 'x', name: 'ops' } });
    await aPerson(to.connection.db); // gone afterwards
    await carryOver();
    for (const table of await shapes(source))
      expect(await textOf(target, table), table.name).toBe(await textOf(source, table));
    const next = await aComputer(to.connection.db, { sharedCredentialId: null });
    expect(next.id).toBeGreaterThan(computer.id);
  });

  it('has every table, and columns in their order', async () => {
    const names = (await shapes(source)).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['people', 'audit_events', 'settings', 'installation']));
    expect((await named(source, 'group_members')).columns).toEqual(['group_id', 'person_id']);
  });

  it('still holds its foreign keys afterwards, and takes no rows that break them', async () => {
    const keysOf = ({ sql }: Connection) => sql`
      select conname, pg_get_constraintdef(oid) as text from pg_constraint where contype = 'f' order by 1`;
    const before = await keysOf(target);
    expect(before.length).toBeGreaterThan(20);
    await carryOver();
    expect(await keysOf(target)).toEqual(before);
    const members = await named(source, 'group_members');
    const orphan = '01900000-0000-7000-8000-000000000000\t01900000-0000-7000-8000-000000000001\n';
    const broken = target.sql.begin((tx) =>
      refill(tx, async () => pipeline(Readable.from([orphan]), await copyIn(tx, members))),
    );
    await expect(broken).rejects.toThrow(/foreign key/);
    expect(await keysOf(target)).toEqual(before);
    expect((await to.connection.sql`select from people`).length).toBeGreaterThan(0);
  });

  it('is one moment: what is written meanwhile is not in it', async () => {
    const people = await named(source, 'people');
    const [before, during] = await inOneSnapshot(source.sql, async (tx) => {
      const first = await text(copyOut(tx, people));
      await aPerson(from.connection.db);
      return [first, await text(copyOut(tx, people))];
    });
    expect(during).toBe(before);
    expect((await textOf(source, people)).split('\n').length).toBe(before.split('\n').length + 1);
  });

  it('comes out whole where it is read more slowly than it comes, and the next table after it', async () => {
    await from.connection.sql`insert into groups (id, name)
      select gen_random_uuid(), repeat('x', 500) || n from generate_series(1, 2000) n`;
    const groups = await named(source, 'groups');
    const [rows, next] = await inOneSnapshot(source.sql, async (tx) => {
      let lines = 0;
      for await (const piece of copyOut(tx, groups)) {
        lines += Buffer.from(piece).toString().split('\n').length - 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      return [lines, await text(copyOut(tx, groups))];
    });
    expect(rows).toBe(2000);
    expect(next.split('\n')).toHaveLength(2001);
  });

  it('is only read', async () => {
    const writing = inOneSnapshot(source.sql, (tx) => tx`delete from groups`);
    await expect(writing).rejects.toThrow(/read-only/);
  });
});

describe('the migrations of a database', () => {
  it('are known by their last one', async () => {
    const mark = await lastMigrationOf(source.sql);
    expect(mark).toMatchObject({ when: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    if (!mark) return;
    expect(placeOfMigration(migrationsFolder, mark)).toBeGreaterThanOrEqual(8);
    expect(placeOfMigration(migrationsFolder, { ...mark, sha256: 'f'.repeat(64) })).toBe(-1);
    expect(placeOfMigration(migrationsFolder, { ...mark, when: mark.when + 1 })).toBe(-1);
  });

  it('can be made up to one of them, and on from there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-migrations-'));
    const empty = await emptyDatabase();
    const { sql, close } = connect(empty.ownerUrl, { max: 1 });
    try {
      expect(await lastMigrationOf(sql)).toBeUndefined();
      await copyMigrationsUpTo(migrationsFolder, 5, folder);
      await migrateDatabase(empty.ownerUrl, { migrationsFolder: folder, appPassword: empty.appPassword });
      const mark = await lastMigrationOf(sql);
      expect(mark && placeOfMigration(migrationsFolder, mark)).toBe(5);
      expect((await sql`select to_regclass('public.jobs') as it`)[0]?.it).toBeNull();
      await migrateDatabase(empty.ownerUrl, { migrationsFolder, appPassword: empty.appPassword });
      expect((await sql`select to_regclass('public.jobs')::text as it`)[0]?.it).toBe('jobs');
    } finally {
      await close();
      await empty.drop();
      await rm(folder, { recursive: true });
    }
  });
});

/** A database without any tables, beside the ones that are cloned from the template. */
async function emptyDatabase() {
  const name = `sallyport_empty_${process.pid}`;
  await source.sql.unsafe(`create database ${name}`);
  const url = new URL(from.ownerUrl);
  url.pathname = `/${name}`;
  const appPassword = decodeURIComponent(new URL(from.appUrl).password);
  return { ownerUrl: url.href, appPassword, drop: () => source.sql.unsafe(`drop database ${name}`) };
}
