import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Log } from '../../server/log.ts';
import { type Binaries, findBinaries, systemHome } from './binaries.ts';
import { type Guarded, guardedSpawn } from './guarded-spawn.ts';
import { findPlace, fits, type Place, privateDirectory, readPlace, removePlace, socketDirectory } from './place.ts';
import { startOf, takeProcessLock } from './process-lock.ts';
import { ensureSystemUser, type UserIds } from './system-user.ts';

const run = promisify(execFile);
const owner = 'sallyport_owner';
const draftPrefix = 'data.draft';
const environment: Record<string, string> = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export type EmbeddedPostgres = {
  /** Connection string of the cluster's superuser, for migrations and roles only. Children never get it. */
  ownerUrl(database: string): string;
  /** Connection string of another role of this server. */
  urlFor(role: { user: string; password: string }, database: string): string;
  superuser: { user: string; password: string };
  socketDir: string;
  /** Settles with the exit status when the server ends, asked or not. */
  exited: Promise<number>;
  /** Stops the server. With `remove` its data goes too. */
  stop(options?: { remove?: boolean }): Promise<void>;
};

export type EmbeddedOptions = {
  /** Folder that notes where the cluster is. Root's clusters themselves are below /var/lib/sallyport. */
  dataDir: string;
  /** Folder of the socket; default beside the cluster. */
  socketDir?: string;
  /** `false` makes a server that is quick and may lose data: tests only. */
  fsync?: boolean;
  log: Log;
};

/**
 * Starts a real PostgreSQL on a Unix socket, with a new cluster at first. It stops when this process goes, however it
 * goes. One that was left over all the same is stopped first. Throws LockHeld when a living process runs this one.
 *
 * PostgreSQL refuses to run as root, so root's runs as the system user `sallyport-db`: one of its own, because whatever
 * else runs as `nobody` could read its files and stop it.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, fsync = true, log } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await takeProcessLock(join(dataDir, 'postgres.lock'));
  try {
    const user = process.getuid?.() === 0 ? await ensureSystemUser('sallyport-db') : undefined;
    const binaries = await findBinaries(user && systemHome);
    const place = await findPlace(dataDir, user, log);
    const socketDir = options.socketDir ?? socketDirectory(place);
    if (!fits(socketDir)) throw new Error(`The path ${socketDir} is too long for a socket.`);
    await privateDirectory(place.directory, user);
    await privateDirectory(socketDir, user);
    const cluster = join(place.directory, 'data');
    await stopLeftover(cluster, log);
    if (!existsSync(cluster)) await createCluster({ binaries, place, user, fsync });
    const server = startServer({ binaries, cluster, socketDir, user, fsync });
    await ready(server, log);
    return running({ server, place, dataDir, socketDir, release: lock.release });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Start = { binaries: Binaries; user: UserIds | undefined; fsync: boolean };

/**
 * Made aside and renamed, so that a cluster is there whole or not at all. The name is new each time: an initdb whose
 * parent was killed may still be at its end while the next start makes its own.
 */
async function createCluster({ binaries, place, user, fsync }: Start & { place: Place }): Promise<void> {
  await removeDrafts(place.directory);
  const draft = join(place.directory, `${draftPrefix}${randomBytes(4).toString('hex')}`);
  const passwordFile = join(place.directory, 'password.draft');
  await writeFile(passwordFile, place.password, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const auth = [`--username=${owner}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    const args = [`--pgdata=${draft}`, ...auth, ...locale, ...(fsync ? [] : ['--no-sync'])];
    await initialise(guardedSpawn(binaries.initdb, args, { ...user, env: environment, cwd: place.directory }));
    await rename(draft, join(place.directory, 'data'));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function initialise(initdb: Guarded): Promise<void> {
  const words: string[] = [];
  for (const stream of [initdb.process.stdout, initdb.process.stderr]) {
    createInterface(stream).on('line', (line) => {
      if (words.push(line) > 20) words.shift();
    });
  }
  const status = await initdb.exited;
  if (status !== 0) throw new Error(`The database could not be made (status ${status}):\n${words.join('\n')}`);
}

/** What starts that were killed left behind. What is still being written goes with a later start. */
async function removeDrafts(directory: string): Promise<void> {
  const drafts = (await readdir(directory)).filter((name) => name.startsWith(draftPrefix));
  await Promise.allSettled(drafts.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

function startServer({ binaries, cluster, socketDir, user, fsync }: Start & { cluster: string; socketDir: string }) {
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${socketDir}`,
    'unix_socket_permissions=0700',
    'log_line_prefix=',
    ...(fsync ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200']),
  ];
  const args = ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])];
  // SIGINT is PostgreSQL's fast stop: it ends its connections and leaves nothing to recover.
  return guardedSpawn(binaries.postgres, args, { ...user, env: environment, cwd: cluster, stopSignal: 'INT' });
}

/** Resolves when the server takes connections; rejects with its own last words when it ends before. */
async function ready(server: Guarded, log: Log): Promise<void> {
  const words: string[] = [];
  server.process.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    createInterface(server.process.stderr).on('line', (line) => {
      if (words.push(line) > 20) words.shift();
      if (/^(PANIC|WARNING):/.test(line)) log.warn(`PostgreSQL: ${line}`);
      else log.debug(`PostgreSQL: ${line}`);
      if (line.includes('database system is ready to accept connections')) resolve();
    });
    const fail = (why: string) => reject(new Error(`PostgreSQL did not start (${why}):\n${words.join('\n')}`));
    server.exited.then(
      (status) => fail(`status ${status}`),
      (error: Error) => fail(error.message),
    );
  });
}

/**
 * Connection string of the owner of a cluster that somebody else runs, for programs that only look; undefined when
 * `dataDir` has none.
 */
export async function ownerUrlOf(dataDir: string, database: string): Promise<string | undefined> {
  const place = await readPlace(dataDir);
  return place && urlOf({ user: owner, password: place.password }, database, socketDirectory(place));
}

type Role = { user: string; password: string };

function urlOf(role: Role, database: string, socketDir: string): string {
  return (
    `postgres://${encodeURIComponent(role.user)}:${encodeURIComponent(role.password)}` +
    `@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`
  );
}

type Running = {
  server: Guarded;
  place: Place;
  dataDir: string;
  socketDir: string;
  release: () => Promise<void>;
};

function running({ server, place, dataDir, socketDir, release }: Running): EmbeddedPostgres {
  const superuser = { user: owner, password: place.password };
  const urlFor = (role: Role, database: string) => urlOf(role, database, socketDir);
  return {
    ownerUrl: (database) => urlFor(superuser, database),
    urlFor,
    superuser,
    socketDir,
    exited: server.exited,
    stop: async ({ remove = false } = {}) => {
      await server.stop();
      if (remove) {
        await removePlace(dataDir, place);
        await rm(socketDir, { recursive: true, force: true });
      }
      await release();
    },
  };
}

/** The server that a killed guardian could not stop. Two servers on one cluster would be the end of it. */
async function stopLeftover(cluster: string, log: Log): Promise<void> {
  const note = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(note, 10);
  if (!(pid > 0) || !(await runsCluster(pid, cluster))) return;
  log.warn(`Stopping a PostgreSQL server (process ${pid}) that was left over on ${cluster}.`);
  const started = await startOf(pid);
  for (const [signal, patienceMs] of [
    ['SIGINT', 8_000],
    ['SIGQUIT', 4_000],
  ] as const) {
    process.kill(pid, signal);
    const until = Date.now() + patienceMs;
    while (Date.now() < until) {
      if ((await startOf(pid)) !== started) return;
      await delay(25);
    }
  }
  throw new Error(`A PostgreSQL server (process ${pid}) is left over on ${cluster} and does not stop. Please stop it.`);
}

async function runsCluster(pid: number, cluster: string): Promise<boolean> {
  try {
    const line =
      process.platform === 'linux'
        ? await readFile(`/proc/${pid}/cmdline`, 'utf8')
        : (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
    return line.includes('postgres') && line.includes(cluster);
  } catch {
    return false;
  }
}
