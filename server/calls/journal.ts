import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { type JournalEntry, readEntry } from './journal-entry.ts';

/** What stands between a call and the database: a file that is written before anything is forwarded. */
export type Journal = {
  /** Resolves once the entry is on disk; all that wait share one flush. Rejects when it cannot be, or when too much waits. */
  append(entry: JournalEntry): Promise<void>;
  /** The oldest entries that are on disk and not yet noted as written elsewhere. */
  waiting(limit: number): readonly JournalEntry[];
  /** The first `count` of them are in the database: their room is given back. */
  done(count: number): Promise<void>;
  /** Flushes what is there and closes the file; what is not done stays for the next start. */
  close(): Promise<void>;
};

export type JournalOptions = {
  /** Its own; made if it is not there. */
  directory: string;
  log: Log;
  /** Beyond it nothing is taken any more: the database has been away for too long. */
  maxWaiting?: number;
  /** After it another file is begun, so that one that is done can go. */
  segmentBytes?: number;
};

type Segment = { path: string; file: FileHandle; bytes: number; waiting: number };
type Pending = { line: string; entry: JournalEntry; resolve: () => void; reject: (error: unknown) => void };

/** The journal is full: the database was not there for so long that more would be lost with this machine. */
export class JournalFull extends Error {
  override name = 'JournalFull';
}

const namePattern = /^calls-(\d{8})\.ndjson$/;

/** Opens the journal, with what an earlier process left in it as the first that waits. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { directory, log, maxWaiting = 20_000, segmentBytes = 4_194_304 } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found = (await readdir(directory)).filter((name) => namePattern.test(name)).sort();
  const left = await Promise.all(found.map((name) => readSegment(join(directory, name), log)));
  const entries: { entry: JournalEntry; segment: { path: string; waiting: number } }[] = [];
  const old: { path: string; waiting: number }[] = [];
  for (const { path, lines } of left) {
    const segment = { path, waiting: lines.length };
    old.push(segment);
    for (const entry of lines) entries.push({ entry, segment });
  }
  for (const { path } of old.filter(({ waiting }) => waiting === 0)) await unlink(path);

  let number = Number(namePattern.exec(found.at(-1) ?? '')?.[1] ?? 0);
  let current: Segment | undefined;
  let pending: Pending[] = [];
  let writing: Promise<void> | undefined;
  let isClosed = false;

  async function begin(): Promise<Segment> {
    number += 1;
    const path = join(directory, `calls-${String(number).padStart(8, '0')}.ndjson`);
    const file = await open(path, 'ax', 0o600);
    current = { path, file, bytes: 0, waiting: 0 };
    // The name of the file must outlast a loss of power too.
    const folder = await open(directory, 'r');
    await folder.sync().finally(() => folder.close());
    return current;
  }

  async function write(batch: readonly Pending[]): Promise<void> {
    const segment = current ?? (await begin());
    const text = batch.map(({ line }) => line).join('');
    await segment.file.appendFile(text);
    await segment.file.datasync();
    segment.bytes += Buffer.byteLength(text);
    segment.waiting += batch.length;
    for (const { entry, resolve } of batch) {
      entries.push({ entry, segment });
      resolve();
    }
    if (segment.bytes >= segmentBytes) await leave(segment);
  }

  /** Nothing more goes to this file; with its last entry it goes itself. */
  async function leave(segment: Segment): Promise<void> {
    if (current === segment) current = undefined;
    await segment.file.close().catch((err) => log.warn('A file of the journal of calls could not be closed', { err }));
    if (segment.waiting === 0) await remove(segment.path);
  }

  async function remove(path: string): Promise<void> {
    await unlink(path).catch((err) => log.warn('A file of the journal of calls could not be removed', { err }));
  }

  async function writeAll(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        await write(batch);
      } catch (error) {
        // What stands half in the file may be read again at the next start, so nothing is written behind it.
        if (current) await leave(current);
        for (const { reject } of batch) reject(error);
      }
    }
    writing = undefined;
  }

  return {
    append(entry) {
      if (isClosed) return Promise.reject(new Error('The journal of calls is closed.'));
      if (entries.length + pending.length >= maxWaiting) return Promise.reject(new JournalFull('The journal is full.'));
      return new Promise((resolve, reject) => {
        pending.push({ line: `${JSON.stringify(entry)}\n`, entry, resolve, reject });
        writing ??= writeAll();
      });
    },
    waiting: (limit) => entries.slice(0, limit).map(({ entry }) => entry),
    async done(count) {
      for (const { segment } of entries.splice(0, count)) {
        segment.waiting -= 1;
        if (segment.waiting === 0 && segment !== current) await remove(segment.path);
      }
    },
    async close() {
      isClosed = true;
      await writing;
      if (current) await leave(current);
    },
  };
}

// A line that was being written when the machine stopped was promised to nobody.
async function readSegment(path: string, log: Log): Promise<{ path: string; lines: JournalEntry[] }> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const entries = lines.filter((line) => line !== '').map(readEntry);
  const torn = entries.filter((entry) => entry === undefined).length;
  if (torn > 0) log.warn('The journal of calls has lines that cannot be read', { code: torn });
  return { path, lines: entries.filter((entry) => entry !== undefined) };
}
