import { statfs } from 'node:fs/promises';

export type FreeSpace = { freeBytes: number; totalBytes: number };

/** What the disk of a folder has, for whoever is not root. Rejects where it cannot be asked. */
export async function freeSpaceOf(folder: string): Promise<FreeSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** The disk has less than is to be left free: nothing that grows is begun. */
export class TooLittleSpace extends Error {
  override name = 'TooLittleSpace';
  readonly code = 'LOW_SPACE';

  constructor(freeBytes: number) {
    super(`The disk of the recordings has only ${Math.floor(freeBytes / (1024 * 1024))} MiB free.`);
  }
}

/** Throws `TooLittleSpace` while the disk of the folder has less free than that. */
export async function assertSpace(folder: string, leastBytes: number): Promise<void> {
  const { freeBytes } = await freeSpaceOf(folder);
  if (freeBytes < leastBytes) throw new TooLittleSpace(freeBytes);
}
