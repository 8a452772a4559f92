import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../server/log.ts';
import { systemHome } from './binaries.ts';
import type { UserIds } from './system-user.ts';

/** Longer paths of Unix sockets are cut without a word (sun_path, 108 bytes with its end). */
const socketPathLimit = 107;
const socketName = '.s.PGSQL.5432';
/** PostgreSQL and its driver take several directories where they take one. */
const separators = /[,"]/;

/** Where one installation keeps its cluster, and the password of its owner. Kept in DATA_DIR/postgres.json, 0600. */
export type Place = { directory: string; password: string };

/** Finds or chooses the place of the cluster of `dataDir`; `user` is who runs PostgreSQL when that is not the caller. */
export async function findPlace(dataDir: string, user: UserIds | undefined, log: Log): Promise<Place> {
  const known = await readPlace(dataDir);
  if (known) return known;
  const directory = user ? join(systemHome, hashOf(await realpath(dataDir))) : join(dataDir, 'postgres');
  if (existsSync(directory)) {
    // DATA_DIR was removed and made again. Its old database is not ours to delete, and without its password of no use.
    const aside = `${directory}-set-aside-${randomBytes(4).toString('hex')}`;
    await rename(directory, aside);
    log.warn(
      `A database that was left without its data folder was set aside in ${aside}. Remove it if nobody misses it.`,
    );
  }
  const place = { directory, password: randomBytes(24).toString('base64url') };
  const draft = join(dataDir, `postgres.json.${process.pid}`);
  await writeFile(draft, JSON.stringify(place), { mode: 0o600 });
  await rename(draft, join(dataDir, 'postgres.json'));
  return place;
}

/** The place that was chosen for the cluster of `dataDir`, if one was. */
export async function readPlace(dataDir: string): Promise<Place | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as Place;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function removePlace(dataDir: string, place: Place): Promise<void> {
  await rm(place.directory, { recursive: true, force: true });
  await rm(join(dataDir, 'postgres.json'), { force: true });
}

/** Removes the cluster of a DATA_DIR whose server does not run: root's is elsewhere and would stay behind. For tests. */
export async function removeClusterOf(dataDir: string): Promise<void> {
  const place = await readPlace(dataDir);
  if (place) await removePlace(dataDir, place);
}

/** A folder of mode 0700 that belongs to `user`. One that is there already must be a folder of theirs. */
export async function privateDirectory(path: string, user: UserIds | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  const uid = user?.uid ?? process.getuid?.();
  if (user && found.uid === 0) await chown(path, user.uid, user.gid);
  else if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${path} belongs to somebody else. Please remove it, or choose another DATA_DIR.`);
  }
  await chmod(path, 0o700);
}

/** The folder of the server's socket. */
export function socketDirectory(place: Place): string {
  return socketDirectoryNear(join(place.directory, 'socket'), socketName);
}

/**
 * `near`, when a socket called `name` in it has a path that is short enough and no list to those who read it; else a folder in the system's place for
 * such things whose name follows from `near`. Make it with `privateDirectory`.
 */
export function socketDirectoryNear(near: string, name: string): string {
  if (fits(near, name) && !separators.test(near)) return near;
  const far = join(tmpdir(), `sallyport-${process.getuid?.() ?? 0}-${hashOf(near)}`);
  if (!fits(far, name)) throw new Error(`The path ${far} is too long for a socket. Please choose a shorter TMPDIR.`);
  return far;
}

export function fits(directory: string, name = socketName): boolean {
  return Buffer.byteLength(join(directory, name)) < socketPathLimit;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
