import type { Db } from '../../db/connect.ts';
import { hashesAt, lastOfKind, readHead, type WriterHead } from '../../db/queries/audit.ts';
import { type AnchorLine, hashOfLine, noLine, openAnchors, parseAnchorLine } from './anchor-file.ts';

/** A row that the file noted (`at`, ISO 8601), and that the log has otherwise or has no more; the log ends at `lastSeq`. */
export type LostRow = { writerId: string; seq: number; at: string; lastSeq: number };

export type AnchorReport = {
  lines: number;
  /** The first line of the file, from 1, that does not follow the one before. */
  brokenLine: number | undefined;
  /** The first lost row of each writer. */
  lost: LostRow[];
};

const headsAtOnce = 1000;

/**
 * Compares a log with what the file outside the database noted of it. `undefined` when there is no file. Lines that come
 * while it is read are not waited for.
 */
export async function verifyAnchors(db: Db, path: string): Promise<AnchorReport | undefined> {
  const file = await openAnchors(path);
  if (!file) return undefined;
  // The rows of a line are older than the line, so everything in the file as it is now must be in the log.
  const { size } = await file.stat();
  const lost = new LostRows(db);
  let brokenLine: number | undefined;
  let number = 0;
  let previous = noLine;
  let unread: number | undefined;
  for await (const text of linesOf(file.createReadStream({ end: Math.max(0, size - 1), encoding: 'latin1' }))) {
    number += 1;
    const line = parseAnchorLine(text);
    const follows = line?.previous === previous;
    // A line without its end, which a machine without power left, is only told from a changed one by the line after it.
    if (line && !follows) brokenLine ??= unread ?? number;
    unread = line ? undefined : number;
    previous = hashOfLine(Buffer.from(text, 'latin1'));
    if (line) await lost.take(line);
  }
  await lost.compare();
  return { lines: number, brokenLine: brokenLine ?? unread, lost: await lost.found() };
}

/** When such a file was begun last, as the log knows it; one of before a restore belongs to another installation. */
export async function lastBegun(db: Db): Promise<{ at: Date; file: string } | undefined> {
  const row = await lastOfKind(db, 'audit.anchor_file_begun');
  const restored = await lastOfKind(db, 'backup.restored');
  if (!row || (restored && restored.at >= row.at)) return undefined;
  return { at: row.at, file: String(row.subject.file) };
}

class LostRows {
  readonly #db: Db;
  #waiting: (WriterHead & { at: string })[] = [];
  readonly #first = new Map<string, WriterHead & { at: string }>();

  constructor(db: Db) {
    this.#db = db;
  }

  async take({ at, heads }: AnchorLine): Promise<void> {
    this.#waiting.push(...heads.map((head) => ({ ...head, at })));
    if (this.#waiting.length >= headsAtOnce) await this.compare();
  }

  async compare(): Promise<void> {
    const heads = this.#waiting;
    this.#waiting = [];
    const found = await hashesAt(this.#db, heads);
    for (const head of heads) {
      const { writerId, seq, hash } = head;
      if (found.get(`${writerId}/${seq}`) === hash) continue;
      const first = this.#first.get(writerId);
      if (!first || seq < first.seq) this.#first.set(writerId, head);
    }
  }

  async found(): Promise<LostRow[]> {
    const rows: LostRow[] = [];
    for (const { writerId, seq, at } of this.#first.values()) {
      const last = await readHead(this.#db, writerId);
      rows.push({ writerId, seq, at, lastSeq: last?.seq ?? 0 });
    }
    return rows;
  }
}

const longestLine = 4 * 1024 * 1024;

/** What follows the last line feed is being written, or what became of it shows later. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error('The anchor file has a line that is too long.');
    yield* lines;
  }
}
