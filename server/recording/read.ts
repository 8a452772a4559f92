import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { assertNoLinks, openPartForReading, recordingFolder } from './folder.ts';
import { isReadableName, type ReadableName } from './parts.ts';

export type OpenPart = {
  part: ReadableName;
  /** Bytes at the time of opening; a running recording grows afterwards. */
  size: number;
  /** All of it, or bytes `from` up to and including `last`, as a Range header counts. Closes the part at its end. */
  stream(range?: { from: number; last: number }): Readable;
  /** For when no stream was asked for. */
  close(): Promise<void>;
};

/**
 * Opens a part of a recording by its path in the store (`YYYY/MM/DD/<session-id>`) and its name. `undefined` for a name
 * that is no part and for a part that is not there (yet); rejects for links and for anything that is no regular file.
 */
export async function openPart(root: string, path: string, name: string): Promise<OpenPart | undefined> {
  if (!isReadableName(name)) return undefined;
  try {
    await assertNoLinks(root, path);
    const file = await openPartForReading(recordingFolder(root, path), name);
    const { size } = await file.stat();
    return {
      part: name,
      size,
      stream: ({ from, last } = { from: 0, last: size - 1 }) => streamOf(file, from, Math.min(last, size - 1)),
      close: () => file.close(),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function streamOf(file: FileHandle, from: number, last: number): Readable {
  if (last >= from) return file.createReadStream({ start: from, end: last });
  return new Readable({
    read() {
      this.push(null);
    },
    destroy(error, done) {
      file.close().then(() => done(error), done);
    },
  });
}
