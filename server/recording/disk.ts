import { randomBytes } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOneFolder } from './folder.ts';

export type DiskState = { writable: boolean; freeBytes: number; totalBytes: number };

/** Whether a recording could be written to the store right now, tried by writing; never rejects. For health checks. */
export async function diskState(root: string): Promise<DiskState> {
  const probe = join(root, `.probe-${randomBytes(8).toString('hex')}`);
  try {
    await makeOneFolder(root);
    const { bavail, blocks, bsize } = await statfs(root);
    const writable = await tryToWrite(probe);
    return { writable, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return { writable: false, freeBytes: 0, totalBytes: 0 };
  }
}

async function tryToWrite(probe: string): Promise<boolean> {
  try {
    await writeFile(probe, 'x', { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}
