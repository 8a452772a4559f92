import { readSync } from 'node:fs';
import { createBoundaryScanner } from '../protocol/terminal-boundary.ts';
import { parseEventLine } from '../protocol/typescript-events.ts';
import type { RecordingSource } from './port.ts';
import { ScreenModel, type ScreenSize } from './screen-model.ts';

/** A screen as it is after `offset` bytes of output: `restore`, written to a new terminal of this size, shows it. */
export type ScreenSnapshot = ScreenSize & { offset: number; restore: Uint8Array };

const sliceBytes = 256 * 1024;

/** The screen of one running recording, brought up to date when somebody asks. Reads files, so it belongs into a worker. */
export class ScreenFollower {
  readonly #source: RecordingSource;
  readonly #slice = Buffer.allocUnsafe(sliceBytes);
  readonly #model: ScreenModel;
  readonly #start: Promise<void>;
  #size: ScreenSize;
  /** Output that the model has read. Always a boundary, unless the host leaves none. */
  #offset = 0;
  #eventBytes = 0;
  #eventRest = '';
  #resizes: (ScreenSize & { offset: number })[] = [];

  /** Begins at the beginning, or where an earlier snapshot was. */
  constructor(source: RecordingSource, from?: ScreenSnapshot) {
    this.#source = source;
    this.#size = from ?? source;
    this.#model = new ScreenModel(this.#size);
    if (from) this.#offset = from.offset;
    this.#start = from ? this.#model.write(from.restore) : Promise.resolve();
  }

  get offset(): number {
    return this.#offset;
  }

  /** Reads on to the last boundary within the first `end` bytes of output. */
  async follow(end: number): Promise<void> {
    await this.#start;
    this.#readResizes();
    for (;;) {
      this.#resizeUpTo(this.#offset);
      const next = this.#resizes[0]?.offset ?? end;
      const bytes = this.#read(Math.min(end, next));
      const hasRead = bytes.length > 0 && (await this.#feed(bytes));
      if (hasRead) continue;
      // A resize within a sequence: what is half read shows nothing yet, so that the order is the same.
      if (next >= end) return;
      this.#resizeUpTo(next);
    }
  }

  /** The screen as it was read so far. */
  snapshot(): ScreenSnapshot {
    const { columns, rows } = this.#size;
    return { columns, rows, offset: this.#offset, restore: this.#model.restoreBytes() };
  }

  get model(): ScreenModel {
    return this.#model;
  }

  dispose(): void {
    this.#model.dispose();
  }

  #read(end: number): Buffer {
    const length = Math.min(sliceBytes, end - this.#offset);
    if (length <= 0) return this.#slice.subarray(0, 0);
    const { dataFd, headerBytes } = this.#source;
    return this.#slice.subarray(0, readSync(dataFd, this.#slice, 0, length, headerBytes + this.#offset));
  }

  /** `false`: nothing of it could be read, since the end of a sequence has not come yet. */
  async #feed(bytes: Buffer): Promise<boolean> {
    const scanner = createBoundaryScanner();
    scanner.push(bytes);
    // A host that never ends a sequence must not keep its screen from being shown.
    const isEndless = scanner.groundOffset === 0 && bytes.length === sliceBytes;
    const whole = isEndless ? bytes.length : scanner.groundOffset;
    if (whole === 0) return false;
    await this.#model.write(bytes.subarray(0, whole));
    this.#offset += whole;
    return true;
  }

  // A resize stands at the offset at which the recorder was when it came.
  #resizeUpTo(offset: number): void {
    for (let next = this.#resizes[0]; next && next.offset <= offset; next = this.#resizes[0]) {
      this.#resizes.shift();
      this.#size = { columns: next.columns, rows: next.rows };
      this.#model.resize(this.#size);
    }
  }

  #readResizes(): void {
    const { eventsFd } = this.#source;
    for (;;) {
      const read = readSync(eventsFd, this.#slice, 0, sliceBytes, this.#eventBytes);
      if (read === 0) return;
      this.#eventBytes += read;
      const lines = (this.#eventRest + this.#slice.toString('latin1', 0, read)).split('\n');
      this.#eventRest = lines.pop() ?? '';
      for (const line of lines) this.#noteResize(line);
    }
  }

  #noteResize(line: string): void {
    // Most lines are something else, and parsing them all would cost more than the screen.
    if (!line.includes('"resize"')) return;
    const event = parseEventLine(line);
    if (event?.type !== 'resize' || event.offset < this.#offset) return;
    this.#resizes.push({ columns: event.columns, rows: event.rows, offset: event.offset });
  }
}
