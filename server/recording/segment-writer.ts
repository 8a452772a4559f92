import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { closeLink, endOf, formatChainLine, type Link, type OpeningLine } from './chain.ts';
import { type ChainedPart, chainedParts, perPart } from './parts.ts';

/** What one turn of writing puts on disk: whole records only, so that the parts agree at every segment's end. */
export type Batch = { data: Uint8Array[]; timing: string; events: string };

export type PartFiles = Record<ChainedPart | 'chain.ndjson', FileHandle>;

type PartState = { written: number; lines: number; dirty: boolean; hash: Hash };

/**
 * Appends batches to the parts of one recording, hashing as it goes, and closes segments of the chain. One call of
 * `write` at a time; `sync` may run beside it. A rejected call leaves the writer unusable: its caller stops.
 */
export class SegmentWriter {
  readonly #files: PartFiles;
  readonly #onSegment: (seq: number, head: string) => void;
  readonly #parts: Record<ChainedPart, PartState>;
  readonly #closed: Link[] = [];
  #last: OpeningLine | Link;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  unsyncedBytes = 0;

  constructor(files: PartFiles, opening: OpeningLine, onSegment: (seq: number, head: string) => void) {
    this.#files = files;
    this.#onSegment = onSegment;
    this.#last = opening;
    this.#parts = perPart(() => ({ written: 0, lines: 0, dirty: false, hash: createHash('sha256') }));
  }

  /** Bytes of all parts since the last segment closed. */
  get segmentBytes(): number {
    return chainedParts.reduce((sum, part) => sum + this.#parts[part].written - endOf(this.#last, part), 0);
  }

  get isSyncing(): boolean {
    return this.#syncing !== undefined;
  }

  /** The chain so far, and how much of each part was written. */
  get written(): { seq: number; head: string; bytes(part: ChainedPart): number; lines(part: ChainedPart): number } {
    const { seq, head } = this.#last;
    return { seq, head, bytes: (part) => this.#parts[part].written, lines: (part) => this.#parts[part].lines };
  }

  /** Data before timing, so that a crash between the two leaves no timing without its data. */
  async write(batch: Batch): Promise<void> {
    await this.#append('typescript', batch.data);
    if (batch.timing) await this.#append('typescript.timing', [Buffer.from(batch.timing, 'latin1')]);
    if (batch.events) await this.#append('events.ndjson', [Buffer.from(batch.events)]);
  }

  /** Closes the segment if it holds anything. Its line is written, and told, by the next `sync`. */
  closeSegment(at: Date): void {
    if (this.segmentBytes === 0) return;
    const parts = perPart((part) => {
      const state = this.#parts[part];
      const sha256 = state.hash.digest('hex');
      state.hash = createHash('sha256');
      return { from: endOf(this.#last, part), to: state.written, sha256 };
    });
    this.#last = closeLink(this.#last.head, { seq: this.#last.seq + 1, at: at.toISOString(), parts });
    this.#closed.push(this.#last);
  }

  /** Makes durable what was written before the call. While one sync runs, all further calls share the one after it. */
  sync(): Promise<void> {
    if (!this.#syncing) {
      this.#syncing = this.#sync().finally(() => {
        this.#syncing = undefined;
      });
      return this.#syncing;
    }
    this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = undefined;
      return this.sync();
    });
    return this.#nextSync;
  }

  async close(): Promise<void> {
    await (this.#nextSync ?? this.#syncing)?.catch(() => undefined); // Told to whoever asked for the sync.
    await Promise.all(Object.values(this.#files).map((file) => file.close()));
  }

  async #append(part: ChainedPart, pieces: Uint8Array[]): Promise<void> {
    const state = this.#parts[part];
    const writing = writeAll(this.#files[part], pieces);
    // Hashed while the kernel copies: a piece stays as it is until the write is done.
    for (const piece of pieces) {
      state.hash.update(piece);
      if (part !== 'typescript') state.lines += countLines(piece);
    }
    const bytes = await writing;
    if (bytes === 0) return;
    state.written += bytes;
    state.dirty = true;
    this.unsyncedBytes += bytes;
  }

  // Parts before the chain line that speaks of them, and the line before anyone hears its head: whatever a crash or a
  // power cut leaves, no head was told that the disk does not know.
  async #sync(): Promise<void> {
    const links = this.#closed.splice(0);
    this.unsyncedBytes = 0;
    for (const part of chainedParts) {
      if (!this.#parts[part].dirty) continue;
      this.#parts[part].dirty = false;
      await this.#files[part].datasync();
    }
    if (links.length === 0) return;
    await this.#assertStillThere();
    await writeAll(this.#files['chain.ndjson'], [Buffer.from(links.map(formatChainLine).join(''))]);
    await this.#files['chain.ndjson'].datasync();
    for (const { seq, head } of links) this.#onSegment(seq, head);
  }

  // Files that somebody removed take every write and keep none of it. Asked once a segment.
  async #assertStillThere(): Promise<void> {
    for (const [part, file] of Object.entries(this.#files)) {
      if ((await file.stat()).nlink > 0) continue;
      throw Object.assign(new Error(`${part} was removed while it was being written.`), { code: 'ENOENT' });
    }
  }
}

/** Writes all of `pieces`; a write that takes only a part is continued, so that a full disk shows as its own error. */
export async function writeAll(file: FileHandle, pieces: Uint8Array[], position?: number): Promise<number> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let rest = pieces;
  for (let done = 0; done < total; ) {
    const { bytesWritten } = await file.writev(rest, position === undefined ? undefined : position + done);
    done += bytesWritten;
    if (done < total) rest = withoutFirst(rest, bytesWritten);
  }
  return total;
}

function withoutFirst(pieces: Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(skip, piece.length);
    skip -= skipped;
    return skipped === piece.length ? [] : [piece.subarray(skipped)];
  });
}

function countLines(piece: Uint8Array): number {
  let lines = 0;
  for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}
