import type { FileHandle } from 'node:fs/promises';
import { indexHeaderBytes, type Keyframe, largestScreen, maxRestoreBytes } from '../protocol/recording-index.ts';
import { createBoundaryScanner } from '../protocol/terminal-boundary.ts';
import type { EventReading } from './event-reading.ts';
import { ScreenModel, type ScreenSize } from './screen-model.ts';
import { ScreenText } from './screen-text.ts';
import { writeAll } from './segment-writer.ts';
import type { TextGathering } from './text-gathering.ts';

const windowBytes = 256 * 1024;
/** So much history comes with a keyframe: a screen that grows shows some of it again. */
const scrollback = 200;
/**
 * A keyframe is due after this much output or timing, whichever comes first: what a player reads and parses at most
 * between a keyframe and a moment, while it is waited for.
 */
const dueAfter = { output: 1024 * 1024, timing: 64 * 1024 } as const;
/** A screen full of colours takes much; the index stays smaller than the recording by this. */
const outputPerRestore = 4;

type Files = { typescript: FileHandle; events: EventReading; index: FileHandle };
type Span = { outputFrom: number; outputTo: number; size: ScreenSize };

/**
 * Goes through a recording step by step with a terminal, and writes its screen to the index every so often. Text that
 * stood on the screen goes to `gathering`, if it is wanted.
 */
export class KeyframeMaking {
  readonly #files: Files;
  readonly #span: Span;
  readonly #model: ScreenModel;
  readonly #scanner = createBoundaryScanner();
  readonly #window = Buffer.allocUnsafe(windowBytes);
  readonly #keyframes: Keyframe[];
  #size: ScreenSize;
  readonly #text: ScreenText | undefined;
  /** Of the window: how much is in it, and how much of that the terminal has. */
  #filled = 0;
  #passed = 0;
  #offset = 0;
  /** Where the next keyframe is at the earliest, after a screen that was too large for one. */
  #notBefore = 0;
  screensEnd = indexHeaderBytes;

  constructor(files: Files, span: Span, gathering?: TextGathering) {
    this.#files = files;
    this.#span = span;
    this.#size = span.size;
    this.#model = new ScreenModel(span.size, { scrollback });
    this.#text = gathering && new ScreenText(this.#model.terminal, gathering);
    const restore = { restoreOffset: this.screensEnd, restoreBytes: 0 };
    const nowhere = { elapsedMs: 0, nextMs: -1, dataOffset: 0, timingOffset: 0, eventsOffset: 0 };
    this.#keyframes = [{ ...nowhere, ...span.size, ...restore }];
  }

  /** Steps that promise more output than there is stop where it ends. */
  async step({ elapsedMs, bytes, timingEnd }: { elapsedMs: number; bytes: number; timingEnd: number }): Promise<void> {
    const last = this.#last;
    if (last.nextMs < 0) last.nextMs = elapsedMs;
    if (this.#text) this.#text.nowMs = elapsedMs;
    const end = Math.min(this.#offset + bytes, this.#span.outputTo - this.#span.outputFrom);
    for (;;) {
      const next = await this.#resizeUpTo(this.#offset);
      await this.#pass(Math.min(end, next) - this.#offset);
      if (this.#offset >= end) break;
    }
    if (this.#isDue(timingEnd)) await this.#take(elapsedMs, timingEnd);
  }

  /** Reads what is left of the events. */
  async end(): Promise<void> {
    await this.#resizeUpTo(Number.POSITIVE_INFINITY);
    this.#text?.flush();
  }

  /** The directory, of a recording that lasted so long. */
  finish(durationMs: number): Keyframe[] {
    const last = this.#last;
    if (last.nextMs < 0) last.nextMs = durationMs;
    return this.#keyframes;
  }

  dispose(): void {
    this.#model.dispose();
  }

  get #last(): Keyframe {
    const last = this.#keyframes.at(-1);
    if (!last) throw new RangeError('There is a keyframe at the beginning.');
    return last;
  }

  // Only where nothing is half read, since what is half read is no part of a screen.
  #isDue(timingEnd: number): boolean {
    const { dataOffset, timingOffset, restoreBytes } = this.#last;
    const output = this.#offset - dataOffset;
    if (output === 0 || this.#offset < this.#notBefore || this.#scanner.groundOffset !== this.#scanner.offset)
      return false;
    if (output < restoreBytes * outputPerRestore) return false;
    return output >= dueAfter.output || timingEnd - timingOffset >= dueAfter.timing;
  }

  async #take(elapsedMs: number, timingOffset: number): Promise<void> {
    const restore = this.#model.restoreBytes();
    if (restore.length > maxRestoreBytes) {
      this.#notBefore = this.#offset + restore.length;
      return;
    }
    await this.#files.events.peek();
    this.#keyframes.push({
      elapsedMs,
      nextMs: -1,
      dataOffset: this.#offset,
      timingOffset,
      eventsOffset: this.#files.events.position,
      ...this.#size,
      restoreOffset: this.screensEnd,
      restoreBytes: restore.length,
    });
    this.screensEnd += await writeAll(this.#files.index, [restore], this.screensEnd);
  }

  /** Answers where the next event stands. */
  async #resizeUpTo(offset: number): Promise<number> {
    const { events } = this.#files;
    for (;;) {
      const event = await events.peek();
      if (!event || event.offset > offset) return event?.offset ?? Number.POSITIVE_INFINITY;
      events.take();
      if (event.type !== 'resize' || !isPossible(event)) continue;
      const isSame = event.columns === this.#size.columns && event.rows === this.#size.rows;
      if (isSame) continue;
      this.#text?.flush();
      this.#size = { columns: event.columns, rows: event.rows };
      this.#model.resize(this.#size);
    }
  }

  async #pass(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      if (this.#passed === this.#filled) await this.#refill();
      const piece = this.#window.subarray(this.#passed, Math.min(this.#filled, this.#passed + left));
      this.#scanner.push(piece);
      this.#text?.expect(piece.length);
      this.#model.writeNow(piece);
      this.#passed += piece.length;
      this.#offset += piece.length;
      left -= piece.length;
    }
  }

  async #refill(): Promise<void> {
    const { outputFrom, outputTo } = this.#span;
    const at = outputFrom + this.#offset;
    const { bytesRead } = await this.#files.typescript.read(this.#window, 0, Math.min(windowBytes, outputTo - at), at);
    if (bytesRead === 0) throw new Error('The typescript became shorter while it was read.');
    this.#filled = bytesRead;
    this.#passed = 0;
  }
}

/** `false` for a size that no browser asks for, and a damaged file may. */
export function isPossible({ columns, rows }: ScreenSize): boolean {
  return columns >= 1 && rows >= 1 && columns <= largestScreen && rows <= largestScreen;
}
