/**
 * The embedded server is a real PostgreSQL that belongs to one process: reachable by its socket with its password
 * alone, keeping its data over restarts, gone when its process goes, however it goes; never two on one cluster.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, expect, it } from 'vitest';
import { createLog } from '../../server/log.ts';
import { connect } from '../connect.ts';
import type { Place } from './place.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './postgres.ts';
import { LockHeld, startOf } from './process-lock.ts';

const home = mkdtempSync(join(tmpdir(), 'sp-pg-'));
const dataDir = join(home, 'data');
const log = createLog('test', 'silent');
const running: EmbeddedPostgres[] = [];
const others: ChildProcess[] = [];

afterEach(async () => {
  for (const other of others.splice(0)) other.kill('SIGKILL');
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
afterAll(async () => {
  await (await startEmbeddedPostgres({ dataDir, fsync: false, log })).stop({ remove: true });
  rmSync(home, { recursive: true });
});

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, fsync: false, log, ...options });
  running.push(server);
  return server;
}

async function ask<T>(url: string, statement: string): Promise<T[]> {
  const connection = connect(url, { max: 1 });
  try {
    return (await connection.sql.unsafe(statement)) as unknown as T[];
  } finally {
    await connection.close();
  }
}

const place = () => JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as Place;
const serverPid = () => Number.parseInt(readFileSync(join(place().directory, 'data', 'postmaster.pid'), 'utf8'), 10);

it('keeps its data over a restart', async () => {
  const first = await start();
  await ask(first.ownerUrl('postgres'), 'create table kept (word text)');
  await ask(first.ownerUrl('postgres'), "insert into kept values ('here')");
  await first.stop();
  const second = await start();
  expect(await ask(second.ownerUrl('postgres'), 'select word from kept')).toEqual([{ word: 'here' }]);
});

it('lets nobody in without the password, and listens on no port', async () => {
  const server = await start();
  const wrong = server.urlFor({ ...server.superuser, password: 'wrong' }, 'postgres');
  await expect(ask(wrong, 'select 1')).rejects.toThrow(/password authentication failed/);
  expect(await ask(server.ownerUrl('postgres'), 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
});

it('keeps its files and its password from everybody else, and does not run as root', async () => {
  const server = await start();
  expect(statSync(server.socketDir).mode & 0o777).toBe(0o700);
  expect(statSync(place().directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(`/proc/${serverPid()}/status`, 'utf8')).not.toMatch(/^Uid:\s+0\b/m);
});

it('knows letters of every alphabet', async () => {
  const server = await start();
  expect(await ask(server.ownerUrl('postgres'), "select lower('ÄΣЖ') as low")).toEqual([{ low: 'äσж' }]);
});

it('refuses a second one on the same folder while the first lives', async () => {
  await start();
  await expect(start()).rejects.toThrow(LockHeld);
});

it('says what went wrong when the server cannot start', async () => {
  await expect(start({ socketDir: join(home, 'x'.repeat(120)) })).rejects.toThrow(/too long for a socket/);
});

/** A process of its own that starts the server and never stops it. */
async function startElsewhere(): Promise<ChildProcess> {
  const other = launchElsewhere(dataDir);
  await once(createInterface(other.stdout as NodeJS.ReadableStream), 'line');
  return other;
}

function launchElsewhere(folder: string): ChildProcess {
  const urlOf = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const source = `import { startEmbeddedPostgres } from ${urlOf('./postgres.ts')};
    import { createLog } from ${urlOf('../../server/log.ts')};
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(folder)}, fsync: false, log: createLog('t', 'silent') });
    console.log('up');
    setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  others.push(other);
  return other;
}

it('stops when its process is killed', async () => {
  const other = await startElsewhere();
  const pid = serverPid();
  expect(await startOf(pid)).toBeDefined();
  other.kill('SIGKILL');
  await expect.poll(() => startOf(pid), { timeout: 8_000, interval: 20 }).toBeUndefined();
  await start();
});

it('starts after a first start that was killed while it made the cluster', async () => {
  const fresh = join(home, 'fresh');
  const other = launchElsewhere(fresh);
  const note = join(fresh, 'postgres.json');
  await expect.poll(() => existsSync(note), { timeout: 8_000, interval: 1 }).toBe(true);
  const { directory } = JSON.parse(readFileSync(note, 'utf8')) as Place;
  const names = () => (existsSync(directory) ? readdirSync(directory) : []);
  const isUnderWay = () => names().some((name) => existsSync(join(directory, name, 'base', '1')));
  await expect.poll(isUnderWay, { timeout: 8_000, interval: 1 }).toBe(true);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const server = await startEmbeddedPostgres({ dataDir: fresh, fsync: false, log });
  expect(await ask(server.ownerUrl('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop({ remove: true });
});

it('stops one that was left over, and starts its own', async () => {
  const other = await startElsewhere();
  const pid = serverPid();
  // As if the watcher had been killed together with the process: nobody is there to stop the server.
  for (const watcher of watchersOf(pid)) process.kill(watcher, 'SIGKILL');
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await startOf(pid)).toBeDefined();
  await start();
  expect(await startOf(pid)).toBeUndefined();
  expect(serverPid()).not.toBe(pid);
});

/** The watchers of this cluster's server: the processes that name it and are a shell. */
function watchersOf(pid: number): number[] {
  const names = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return readdirSync('/proc')
    .map(Number)
    .filter((each) => each > 0 && each !== pid)
    .filter((each) => {
      const line = names(`/proc/${each}/cmdline`);
      return line.includes('sallyport-guardian') && line.includes(place().directory);
    });
}

it('sets aside a cluster whose data folder was removed', async () => {
  const first = await start();
  await ask(first.ownerUrl('postgres'), 'create table old_times ()');
  await first.stop();
  rmSync(join(dataDir, 'postgres.json'));
  const warnings: string[] = [];
  const second = await start({ log: { ...log, warn: (text) => void warnings.push(text) } });
  expect(await ask(second.ownerUrl('postgres'), "select to_regclass('old_times') as found")).toEqual([{ found: null }]);
  const aside = /set aside in (\S+)\. /.exec(warnings.join())?.[1] ?? '';
  expect(existsSync(join(aside, 'data', 'PG_VERSION'))).toBe(true);
  rmSync(aside, { recursive: true });
});
