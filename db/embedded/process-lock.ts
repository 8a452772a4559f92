import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';

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

/** `link` is the atomic step: it fails when the lock file is there, and what it makes is whole from the start. */
async function place(draft: string, path: string): Promise<void> {
  for (;;) {
    try {
      return await link(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // Released in between.
    const holder = parseMark(text);
    if (holder && (await startOf(holder.pid)) === holder.startedAt) throw new LockHeld(path, holder);
    await clearStale(path, text);
  }
}

/** Moves the lock aside before removing it, so that of two who judged it stale only one removes it. */
async function clearStale(path: string, judged: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== judged) await link(aside, path).catch(() => undefined); // Somebody's new lock: give it back.
  await unlink(aside);
}

function parseMark(text: string): ProcessMark | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessMark>;
    return Number.isInteger(pid) && typeof startedAt === 'string' ? { pid: Number(pid), startedAt } : undefined;
  } catch {
    return undefined;
  }
}
