import { constants } from 'node:fs';
import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeIndexHeader, encodeIndexTail } from '../protocol/recording-index.ts';
import { assertNoLinks, openPartForReading, recordingFolder, syncFolder } from './folder.ts';
import { type Pass, runPass } from './index-pass.ts';
import { parseManifest } from './manifest.ts';
import { readSmall } from './part-reading.ts';
import {
  type ChainedPart,
  chainedParts,
  indexName,
  manifestName,
  tombstoneName,
  unfinishedIndexName,
} from './parts.ts';
import { writeAll } from './segment-writer.ts';
import { checkDecoded, type SealedRow } from './self-check.ts';
import type { GatheredText, TextOrder } from './text-gathering.ts';

export type IndexOrder = {
  /** Absolute path of the recordings store. */
  root: string;
  /** `YYYY/MM/DD/<session-id>`. Nobody may be writing to it any more. */
  path: string;
  sealed: SealedRow | undefined;
  /** To gather what stood on the screen as well. */
  text?: TextOrder | undefined;
};

export type IndexedRecording = {
  indexBytes: number;
  /** What keeps it from being played as it was made, in whole sentences. */
  problems: string[];
  /** What stood on the screen, where it was asked for and the recording could be read. */
  text?: GatheredText | undefined;
};

const maxManifestBytes = 1024 * 1024;

/**
 * Reads a recording from its beginning to its end, once, in bounded memory: makes its index, and checks that it can be
 * played. An index that is there already is replaced when the new one is whole. Rejects when something cannot be read or
 * written, which says nothing about the recording.
 */
export async function indexRecording({ root, path, sealed, text }: IndexOrder): Promise<IndexedRecording> {
  const folder = recordingFolder(root, path);
  const files = new Map<ChainedPart, FileHandle>();
  try {
    await assertNoLinks(root, path);
    if (await isDeleted(folder)) return deleted;
    const missing: string[] = [];
    for (const part of chainedParts) {
      const file = await openPartForReading(folder, part).catch(absentAsUndefined);
      if (file) files.set(part, file);
      else missing.push(`${part} is missing.`);
    }
    const typescript = files.get('typescript');
    const timing = files.get('typescript.timing');
    const events = files.get('events.ndjson');
    if (!typescript || !timing || !events) return { indexBytes: 0, problems: missing };
    const manifest = await readManifest(folder);
    const unfinished = await createUnfinished(folder);
    try {
      const pass = await runPass({ typescript, timing, events, index: unfinished }, text);
      const indexBytes = await finish(unfinished, pass);
      await unfinished.close();
      await rename(join(folder, unfinishedIndexName), join(folder, indexName));
      // Whoever deletes writes the note first and looks for files afterwards, so that one of the two takes the index away.
      if (await isDeleted(folder)) {
        await rm(join(folder, indexName), { force: true });
        return deleted;
      }
      await syncFolder(folder);
      return { indexBytes, problems: checkDecoded(pass.found, manifest, sealed), text: pass.text };
    } catch (error) {
      await unfinished.close();
      await rm(join(folder, unfinishedIndexName), { force: true });
      throw error;
    }
  } catch (error) {
    if (absentAsUndefined(error as NodeJS.ErrnoException) === undefined) {
      return { indexBytes: 0, problems: ['Its folder is gone.'] };
    }
    throw error;
  } finally {
    await Promise.all([...files.values()].map((file) => file.close()));
  }
}

const deleted: IndexedRecording = { indexBytes: 0, problems: ['It was deleted.'] };

async function isDeleted(folder: string): Promise<boolean> {
  return access(join(folder, tombstoneName)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

async function readManifest(folder: string) {
  const file = await openPartForReading(folder, manifestName).catch(absentAsUndefined);
  if (!file) return undefined;
  try {
    return parseManifest(await readSmall(file, maxManifestBytes).catch(() => ''));
  } finally {
    await file.close();
  }
}

async function createUnfinished(folder: string): Promise<FileHandle> {
  const path = join(folder, unfinishedIndexName);
  await rm(path, { force: true }); // left by a pass that was cut off
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** The tail after the screens, then the header before them. */
async function finish(index: FileHandle, { header, tail, screensEnd }: Pass): Promise<number> {
  const bytes = encodeIndexTail(tail);
  await writeAll(index, [bytes], screensEnd);
  const whole = { ...header, tailOffset: screensEnd, tailBytes: bytes.length };
  await writeAll(index, [encodeIndexHeader(whole)], 0);
  await index.sync();
  return screensEnd + bytes.length;
}

function absentAsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
