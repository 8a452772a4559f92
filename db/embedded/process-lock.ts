import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A process as its machine knows it: ids are used again, so the time it started belongs to its name. */
export type ProcessMark = { pid: number; startedAt: string };

export type ProcessLock = { release(): Promise<void> };

/** Thrown when a living process holds the lock. */
export class LockHeld extends Error {
  override name = 'LockHeld';
  constructor(
    readonly path: string,
    readonly holder: ProcessMark,
  ) {
    super(`${path} is held by process ${holder.pid}, which is running.`);
  }
}

/** When `pid` started, as text to compare; undefined when there is no such process (or it is a zombie). */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startByPs(pid);
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The name (field 2) may hold blanks and brackets; what follows the last ')' starts at field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${boot.trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file at `path` for this process. A lock whose process is gone is taken over.
 * Throws LockHeld when the holder lives.
 */
export async function takeProcessLock(path: string): Promise<ProcessLock> {
  const mine = JSON.stringify({ pid: process.pid, startedAt: (await startOf(process.pid)) ?? '', key: randomUUID() });
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(draft, mine, { mode: 0o600, flag: 'wx' });
  try {
    await place(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    release: async () => {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text === mine) await rm(path, { force: true });
    },
  };
}

/** The living process that holds the lock at `path`, if one does. */
export async function holderOf(path: string): Promise<ProcessMark | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const holder = text === undefined ? undefined : parseMark(text);
  return holder && (await startOf(holder.pid)) === holder.startedAt ? holder : undefined;
}

/** `link` is the atomic step: it fails when the lock file is there, and what it makes is whole from the start. */
async function place(draft: string, path: string): Promise<void> {
  for (;;) {
    try {
      return await link(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // Trying again for ever would not make it readable.
      return undefined;
    });
    if (text === undefined) continue; // Released in between.
    const holder = parseMark(text);
    if (holder && (await startOf(holder.pid)) === holder.startedAt) throw new LockHeld(path, holder);
    if (await succeed(draft, path, text)) return;
  }
}

/**
 * Replaces a stale lock that says `judged`. Only who holds the lock of that very text may, and only while it is still
 * there: somebody who was slow would otherwise replace the lock of whoever came first. Answers whether it was us.
 */
async function succeed(draft: string, path: string, judged: string): Promise<boolean> {
  const turn = `${path}.${createHash('sha256').update(judged).digest('hex').slice(0, 16)}`;
  try {
    await place(draft, turn);
  } catch (error) {
    if (!(error instanceof LockHeld)) throw error;
    await delay(5); // They are at it.
    return false;
  }
  try {
    const now = await readFile(path, 'utf8').catch(() => undefined);
    if (now !== judged) return false;
    const copy = `${draft}.copy`;
    await link(draft, copy);
    await rename(copy, path);
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

function parseMark(text: string): ProcessMark | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessMark>;
    return Number.isInteger(pid) && typeof startedAt === 'string' ? { pid: Number(pid), startedAt } : undefined;
  } catch {
    return undefined;
  }
}
