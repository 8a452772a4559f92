import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { WriterHead } from '../../db/queries/audit.ts';
import type { WriterId } from '../ids.ts';

/**
 * Where the chains of the log stood, outside the database: a file that only grows, a line for each time. `previous` is
 * SHA-256 of the line before in hex, 64 zeros on the first, so that no line can be taken out or changed by itself.
 */
export type AnchorLine = { at: string; heads: WriterHead[]; previous: string };

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const HeadSchema = z.strictObject({
  writerId: z.guid().transform((text) => text as WriterId),
  seq: z.number().int().positive(),
  hash: sha256Hex,
});
const AnchorLineSchema = z.strictObject({
  at: z.iso.datetime(),
  heads: z.array(HeadSchema),
  previous: sha256Hex,
});

export const noLine = '0'.repeat(64);

/** What the line after one refers to. */
export function hashOfLine(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

export function parseAnchorLine(text: string): AnchorLine | undefined {
  try {
    return AnchorLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON
  }
}

export type AnchorFile = {
  readonly path: string;
  /** The last head that the file has of each writer, of those that wrote lately. */
  readonly latest: ReadonlyMap<WriterId, WriterHead>;
  /** Adds a line, durably. Tells what was found where the file should have been as it was left. */
  append(at: Date, heads: readonly WriterHead[]): Promise<'as left' | 'begun' | 'changed'>;
};

/** The last lines hold all writers that still write; more is not read at a start, however long the file is. */
const tailBytes = 1024 * 1024;

type Tail = { size: number; previous: string; lines: AnchorLine[]; endsInLine: boolean };

/** Reads where a file stands; there need not be one yet, but its folder. Rejects when it cannot be read. */
export async function openAnchorFile(path: string): Promise<AnchorFile> {
  const latest = new Map<WriterId, WriterHead>();
  const note = (heads: readonly WriterHead[]) => {
    for (const head of heads) latest.set(head.writerId, head);
  };
  await access(dirname(path));
  let left = await readTail(path);
  for (const { heads } of left.lines) note(heads);

  return {
    path,
    latest,
    async append(at, heads) {
      const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
      const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
      try {
        const { size } = await file.stat();
        const found = size === 0 ? 'begun' : size === left.size ? 'as left' : 'changed';
        if (found !== 'as left') left = await tailOf(file);
        const line: AnchorLine = { at: at.toISOString(), heads: [...heads], previous: left.previous };
        const text = JSON.stringify(line);
        // What a machine without power left of a line stays, and the next one refers to it.
        const bytes = Buffer.from(`${left.endsInLine ? '\n' : ''}${text}\n`);
        await file.appendFile(bytes);
        await file.sync();
        if (found === 'begun') await syncFolderOf(path);
        left = { size: left.size + bytes.length, previous: hashOfLine(text), lines: [], endsInLine: false };
        note(heads);
        return found;
      } finally {
        await file.close();
      }
    },
  };
}

async function readTail(path: string): Promise<Tail> {
  const file = await openAnchors(path);
  if (!file) return { size: 0, previous: noLine, lines: [], endsInLine: false };
  try {
    return await tailOf(file);
  } finally {
    await file.close();
  }
}

/** The file for reading, or `undefined` when there is none. */
export async function openAnchors(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function tailOf(file: FileHandle): Promise<Tail> {
  const { size } = await file.stat();
  const from = Math.max(0, size - tailBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const bytes = buffer.subarray(0, bytesRead);
  const endsInLine = bytes.length > 0 && bytes.at(-1) !== 0x0a;
  const texts = bytes.toString('latin1').split('\n');
  if (!endsInLine) texts.pop();
  if (from > 0) texts.shift(); // cut, as a rule
  const last = texts.at(-1);
  return {
    size,
    previous: last === undefined ? noLine : hashOfLine(Buffer.from(last, 'latin1')),
    lines: texts.flatMap((text) => parseAnchorLine(text) ?? []),
    endsInLine,
  };
}

async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
