import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isUuid } from '../ids.ts';
import type { ReadableName, tombstoneName } from './parts.ts';

const pathPattern = /^\d{4}\/\d{2}\/\d{2}\/([0-9a-f-]{36})$/;

/** `YYYY/MM/DD/<session-id>` by the UTC date. Throws on anything but a lower-case UUID, before a path is built of it. */
export function recordingPath(sessionId: string, startedAt: Date): string {
  if (!isPathSafe(sessionId)) throw new TypeError('A recording is named by a session id, which is a lower-case UUID.');
  const [year = '', month = '', day = ''] = startedAt.toISOString().slice(0, 10).split('-');
  return `${year}/${month}/${day}/${sessionId}`;
}

/** The absolute folder of a path as `recordingPath` makes it. Throws on every other path. */
export function recordingFolder(root: string, path: string): string {
  const sessionId = pathPattern.exec(path)?.[1];
  if (!sessionId || !isPathSafe(sessionId)) throw new TypeError('Not the path of a recording.');
  return join(root, ...path.split('/'));
}

/**
 * Opens a part for reading: a regular file of this very folder, never through a link, whether the link is the part, the
 * folder or a folder above it within the store.
 */
export async function openPartForReading(
  folder: string,
  part: ReadableName | typeof tombstoneName,
): Promise<FileHandle> {
  const handle = await open(join(folder, part), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${part} is not a regular file.`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Something below the root of the store is not where it says that it is. */
export class ReachedByLink extends Error {
  override name = 'ReachedByLink';
  override message = 'The folder is a link.';
}

/** Throws `ReachedByLink` for a folder that is reached through links below the root of the store. */
export async function assertNoLinks(root: string, path: string): Promise<void> {
  const expected = recordingFolder(await realpath(root), path);
  if ((await realpath(recordingFolder(root, path))) !== expected) throw new ReachedByLink();
}

/** Finds a session's recording by looking into every day of the store; `undefined` when there is none. */
export async function findRecording(root: string, sessionId: string): Promise<string | undefined> {
  if (!isPathSafe(sessionId)) return undefined;
  for await (const day of listDays(root)) {
    const found = await namesIn(join(root, day), new RegExp(`^${sessionId}$`));
    if (found.length > 0) return `${day}/${sessionId}`;
  }
  return undefined;
}

/** The path of every recording in a store, by day. */
export async function* listRecordingPaths(root: string): AsyncGenerator<string> {
  for await (const day of listDays(root)) {
    for (const name of (await namesIn(join(root, day), /^[0-9a-f-]{36}$/)).sort()) yield `${day}/${name}`;
  }
}

async function* listDays(root: string): AsyncGenerator<string> {
  for (const year of (await namesIn(root, /^\d{4}$/)).sort()) {
    for (const month of (await namesIn(join(root, year), /^\d{2}$/)).sort()) {
      for (const day of (await namesIn(join(root, year, month), /^\d{2}$/)).sort()) yield `${year}/${month}/${day}`;
    }
  }
}

/** Makes a folder for its owner only, in one that exists; answers false when there was one already. */
export async function makeOneFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the entries of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isPathSafe(sessionId: string): boolean {
  return isUuid(sessionId) && sessionId === sessionId.toLowerCase() && !sessionId.includes(sep);
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory() && pattern.test(entry.name)).map((entry) => entry.name);
}
