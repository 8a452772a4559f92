// Contract: whoever only looks finds the database of an installation that runs, and leaves it running; finds that of one
// that does not, and leaves it stopped; and makes none where there is none.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { removeClusterOf } from '../../db/embedded/place.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded/postgres.ts';
import { takeProcessLock } from '../../db/embedded/process-lock.ts';
import { createLog } from '../log.ts';
import { databaseName } from './database.ts';
import { openDatabase } from './open-database.ts';

const log = createLog('test', 'silent');
let dataDir: string;
let server: EmbeddedPostgres;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sallyport-open-'));
  server = await startEmbeddedPostgres({ dataDir, fsync: false, log });
  const owner = connect(server.ownerUrl('postgres'), { max: 1 });
  await owner.sql.unsafe(`create database ${databaseName}`);
  await owner.close();
});
afterAll(async () => {
  await server.stop();
  await removeClusterOf(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

async function look(): Promise<string> {
  const database = await openDatabase({ dataDir, databaseUrl: null });
  if (!database) return 'none';
  const [row] = await database.db.execute<{ name: string }>(sql`select current_database() as name`);
  await database.close();
  return row?.name ?? '';
}

const runs = async () => {
  const owner = connect(server.ownerUrl(databaseName), { max: 1 });
  const answer = await owner.sql`select 1`.then(
    () => true,
    () => false,
  );
  await owner.close();
  return answer;
};

it('finds a server that runs and leaves it running, then one that does not and leaves it stopped', async () => {
  expect([await look(), await runs()]).toEqual([databaseName, true]);
  await server.stop();
  expect([await look(), await runs()]).toEqual([databaseName, false]);
  expect([await look(), await runs()]).toEqual([databaseName, false]);
});

it('waits for nobody who is just starting it', async () => {
  const lock = await takeProcessLock(join(dataDir, 'postgres.lock'));
  await expect(openDatabase({ dataDir, databaseUrl: null })).rejects.toThrow('Please try again');
  await lock.release();
});

it('makes nothing where there is nothing', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'sallyport-open-'));
  expect(await openDatabase({ dataDir: empty, databaseUrl: null })).toBeUndefined();
  expect(await readdir(empty)).toEqual([]);
  await rm(empty, { recursive: true });
});

it('takes the server that it is told', async () => {
  const database = await openDatabase({ dataDir: '/nowhere', databaseUrl: 'postgres://x:y@127.0.0.1:1/z' });
  await expect(database?.db.execute(sql`select 1`)).rejects.toThrow();
  await database?.close();
});
