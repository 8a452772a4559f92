/*
 * A running process has the keyring of now: it reads the file again when told of a change and after every lost connection,
 * and the database knows which one each process has, from before its first reading until its very end. A file that cannot
 * be read leaves the keyring as it was, and the process is seen to be behind. Whoever holds the keyring notices nothing.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Connection, connect } from '../../db/connect.ts';
import { hasOlderTransaction, listKeyringReaders } from '../../db/keyring-readers.ts';
import { notify } from '../../db/notify.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { createLog } from '../log.ts';
import { type Keyring, markOf } from './keyring.ts';
import { keyringFrom, newContent, newSystemKey } from './keyring-content.ts';
import { loadKeyring, loadOrCreateKeyring, readKeyringFile, replaceKeyring } from './keyring-file.ts';
import { followKeyring, type LiveKeyring } from './live-keyring.ts';
import { sealForSystem } from './seal.ts';

let folder: string;
let path: string;
let database: TestDatabase;
let live: LiveKeyring[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-live-'));
  path = join(folder, 'keyring.json');
  database = await testDatabase();
  live = [];
  await loadOrCreateKeyring(path);
});
afterEach(async () => {
  for (const each of live) await each.stop();
  await database.close();
  await rm(folder, { recursive: true });
});

const log = createLog('test', 'silent');

async function follow(name: string, read: () => Promise<Keyring> = () => loadKeyring(path)): Promise<LiveKeyring> {
  const { connection } = database;
  const followed = await followKeyring({ databaseUrl: database.appUrl, connection, name, read, log });
  live.push(followed);
  return followed;
}

async function exchange(): Promise<string> {
  const content = newContent(new Date());
  await replaceKeyring(path, content);
  return keyringFrom(content).system.id;
}

const tell = () => notify(database.connection.db, 'keyring_changed', {});
const readers = () => listKeyringReaders(database.connection.db);
const marks = async () => new Map((await readers()).map(({ name, mark }) => [name, mark]));

async function asOwner(work: (owner: Connection) => Promise<unknown>): Promise<void> {
  const owner = connect(database.ownerUrl, { max: 1, name: 'owner' });
  try {
    await work(owner);
  } finally {
    await owner.close();
  }
}

test('each process is known with the keyring it has, until it stops', async () => {
  const gateway = await follow('gateway');
  await follow('portal');
  const mark = markOf(gateway.keyring);
  expect(await marks()).toEqual(
    new Map([
      ['gateway', mark],
      ['portal', mark],
    ]),
  );
  await gateway.stop();
  expect([...(await marks()).keys()]).toEqual(['portal']);
});

test('the owner of the database sees the same, and a process of another database is nobody here', async () => {
  await using other = await testDatabase();
  const { keyring } = await follow('gateway');
  await asOwner(async ({ db }) => {
    expect(await listKeyringReaders(db)).toMatchObject([{ name: 'gateway', mark: markOf(keyring) }]);
  });
  expect(await listKeyringReaders(other.connection.db)).toEqual([]);
});

test('a process that is just reading for the first time is there already, with nothing read', async () => {
  let finish = (_: Keyring) => {};
  const slow = new Promise<Keyring>((resolve) => {
    finish = resolve;
  });
  const following = follow('slow', () => slow);
  await expect.poll(marks).toEqual(new Map([['slow', 0]]));
  finish(await loadKeyring(path));
  await following;
  expect(await marks()).toEqual(new Map([['slow', markOf(await loadKeyring(path))]]));
});

test('one that cannot read it at first fails, and is not there any more', async () => {
  await expect(follow('blind', () => loadKeyring(join(folder, 'none.json')))).rejects.toThrow('There is no keyring');
  await expect.poll(readers).toEqual([]);
});

test('a change is followed by all who are told, in what they hold already', async () => {
  const [{ keyring: one }, { keyring: two }] = [await follow('one'), await follow('two')];
  const before = one.system.id;
  const next = newSystemKey('next', new Date());
  const content = newContent(new Date());
  await replaceKeyring(path, { ...content, system: [...content.system, next] });
  expect(one.system.id).toBe(before);
  await tell();
  await expect.poll(() => [one.system.id, two.system.id]).toEqual([content.system[0]?.id, content.system[0]?.id]);
  expect(one.otherSystemKeys.map(({ id }) => id)).toEqual([next.id]);
  expect([one.authSecret, one.recording]).toEqual([content.authSecret, content.recording]);
  await expect.poll(async () => [...(await marks()).values()]).toEqual([markOf(one), markOf(one)]);
  expect(sealForSystem(one, 'p', Buffer.from('x')).recipients[0]?.keyId).toBe(content.system[0]?.id);
});

test('what is said while it is being read is not missed', async () => {
  const reads: Keyring[] = [];
  let during = async () => {};
  const { keyring } = await follow('busy', async () => {
    const read = await loadKeyring(path);
    reads.push(read);
    await during();
    return read;
  });
  expect(reads).toHaveLength(1);
  let last = '';
  during = async () => {
    during = async () => {};
    last = await exchange();
    await tell();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await exchange();
  await tell();
  await expect.poll(() => last !== '' && keyring.system.id === last).toBe(true);
});

test('a spoilt file leaves the keyring as it was, and the process behind', async () => {
  const { keyring } = await follow('one');
  const before = markOf(keyring);
  await writeFile(path, '{');
  await tell();
  await tell();
  await expect(loadKeyring(path)).rejects.toThrow('is damaged');
  expect(await marks()).toEqual(new Map([['one', before]]));
  const next = await exchange();
  await tell();
  await expect.poll(() => keyring.system.id).toBe(next);
});

test('a copy from before the key was replaced is not followed, and the process is seen to be behind', async () => {
  const { keyring } = await follow('one');
  const older = await readKeyringFile(path);
  const mark = markOf(keyring);
  const retired = async (keyId: string) =>
    database.context().audit.append({ kind: 'keyring.key_retired', subject: { keyId, systemUser: 'root' } });
  const next = await exchange();
  await tell();
  await expect.poll(() => keyring.system.id).toBe(next);
  await retired(older?.content.system[0]?.id ?? '');
  if (older) await replaceKeyring(path, older.content);
  const error = vi.spyOn(log, 'error');
  await tell();
  await expect.poll(() => error.mock.lastCall?.[0]).toContain('could not be read again');
  error.mockRestore();
  expect(keyring.system.id).toBe(next);
  expect([...(await marks()).values()]).not.toContain(mark);
  // Who started with it was asked then, and goes on.
  const other = await follow('two');
  await tell();
  await expect.poll(marks).toContainEqual(['two', markOf(other.keyring)]);
});

test('a lost connection makes it read again, because something may have been said meanwhile', async () => {
  const { keyring } = await follow('one');
  const [{ pid } = { pid: 0 }] = await readers();
  const next = await exchange();
  await asOwner(({ sql }) => sql`select pg_terminate_backend(${pid})`);
  await expect.poll(() => keyring.system.id, { timeout: 5_000 }).toBe(next);
  await expect.poll(marks).toEqual(new Map([['one', markOf(keyring)]]));
  expect((await readers())[0]?.pid).not.toBe(pid);
});

test('a transaction from before a moment is seen until it ends, ours is not', async () => {
  const { db } = database.connection;
  let end = () => {};
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const open = db.transaction(async (tx) => {
    await listKeyringReaders(tx);
    begun();
    await held;
  });
  await started;
  const later = new Date(Date.now() + 60_000);
  expect(await hasOlderTransaction(db, later)).toBe(true);
  expect(await hasOlderTransaction(db, new Date(Date.now() - 60_000))).toBe(false);
  end();
  await open;
  await expect.poll(() => hasOlderTransaction(db, later)).toBe(false);
});
