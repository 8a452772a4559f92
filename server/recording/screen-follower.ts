import { readSync } from 'node:fs';
import { createBoundaryScanner } from '../protocol/terminal-boundary.ts';
import { parseEventLine } from '../protocol/typescript-events.ts';
import type { RecordingSource } from './port.ts';
import { ScreenModel, type ScreenSize } from './screen-model.ts';

/** A screen as it is after `offset` bytes of output: `restore`, written to a new terminal of this size, shows it. */
export type ScreenSnapshot = ScreenSize & { offset: number; restore: Uint8Array };

/** Of the events, and of what may be a sequence without an end. */
const sliceBytes = 256 * 1024;
/** So long a step should take: somebody else's screen waits for it. */
const stepMs = 50;
const lastSteps = 4;
const stepBytes = { first: 512, least: 256, most: 128 * 1024 } as const;

/** The screen of one running recording, brought up to date when somebody asks. Reads files, so it belongs into a worker. */
export class ScreenFollower {
  readonly #source: RecordingSource;
  readonly #slice = Buffer.allocUnsafe(sliceBytes);
  readonly #model: ScreenModel;
  readonly #scanner = createBoundaryScanner();
  readonly #from: number;
  #restore: Uint8Array;
  #size: ScreenSize;
  /** Output that the model has read: a boundary once it is done, unless the host leaves none. */
  #offset: number;
  #eventBytes = 0;
  #eventRest = '';
  #resizes: (ScreenSize & { offset: number })[] = [];
  #stepBytes: number = stepBytes.first;
  /** Of the last steps, in milliseconds for a byte. */
  #costs: number[] = [];

  /** Begins at the beginning, or where an earlier snapshot was. */
  constructor(source: RecordingSource, from?: ScreenSnapshot) {
    this.#source = source;
    this.#size = from ?? source;
    this.#model = new ScreenModel(this.#size);
    this.#from = from?.offset ?? 0;
    this.#offset = this.#from;
    this.#restore = from?.restore ?? new Uint8Array(0);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Nothing that was begun is half read, so that a snapshot may be taken. */
  get isWhole(): boolean {
    return this.#restore.length === 0 && this.#offset === this.#ground;
  }

  /** Reads on to the last boundary within the first `end` bytes of output. */
  async follow(end: number): Promise<void> {
    for await (const _ of this.reading(end));
  }

  /** The same, in small steps. What was done before it is given up stays done. */
  async *reading(end: number): AsyncGenerator<void, void> {
    while (this.#restore.length > 0) {
      await this.#write(this.#restore.subarray(0, this.#stepBytes));
      yield;
    }
    while (this.#readResizes()) yield;
    for (;;) {
      if (this.#resizeOne(this.#offset)) {
        yield;
        continue;
      }
      const next = this.#resizes[0]?.offset ?? end;
      const isMore = this.#scan(Math.min(end, next));
      if (await this.#feed()) yield;
      else if (isMore) continue;
      else if (next >= end) return;
      // A resize within a sequence: what is half read shows nothing yet, so that the order is the same.
      else this.#resizeOne(next);
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

  get #ground(): number {
    return this.#from + this.#scanner.groundOffset;
  }

  get #scanned(): number {
    return this.#from + this.#scanner.offset;
  }

  #read(from: number, to: number): Buffer {
    const { dataFd, headerBytes } = this.#source;
    return this.#slice.subarray(0, readSync(dataFd, this.#slice, 0, to - from, headerBytes + from));
  }

  /** Looks a little further for the next boundary; `false`: up to `end` there is nothing more. */
  #scan(end: number): boolean {
    const from = this.#scanned;
    if (from >= end || this.#offset < this.#ground) return false;
    const bytes = this.#read(from, Math.min(end, from + this.#stepBytes));
    this.#scanner.push(bytes);
    return bytes.length > 0;
  }

  /** Gives the terminal the next of it up to a boundary; `false`: there is none to reach. */
  async #feed(): Promise<boolean> {
    // A host that never ends a sequence must not keep its screen from being shown.
    const isEndless = this.#scanned - this.#ground >= sliceBytes;
    const to = Math.min(isEndless ? this.#scanned : this.#ground, this.#offset + this.#stepBytes);
    if (to <= this.#offset) return false;
    const bytes = this.#read(this.#offset, to);
    if (bytes.length === 0) return false;
    await this.#time(bytes);
    this.#offset += bytes.length;
    return true;
  }

  async #write(restore: Uint8Array): Promise<void> {
    await this.#time(restore);
    this.#restore = this.#restore.subarray(restore.length);
  }

  /** A host may write what costs a terminal a thousand times as much as text: then the next steps are smaller. */
  async #time(bytes: Uint8Array): Promise<void> {
    const startMs = performance.now();
    await this.#model.write(bytes);
    this.#costs = [...this.#costs.slice(1 - lastSteps), (performance.now() - startMs) / bytes.length];
    // The least of the last ones: a busy machine makes any of them longer, and none shorter.
    const fitting = Math.min(2 * this.#stepBytes, stepMs / Math.max(1e-6, Math.min(...this.#costs)));
    this.#stepBytes = Math.round(Math.min(stepBytes.most, Math.max(stepBytes.least, fitting)));
  }

  // A resize stands at the offset at which the recorder was when it came.
  #resizeOne(offset: number): boolean {
    const next = this.#resizes[0];
    if (!next || next.offset > offset) return false;
    this.#resizes.shift();
    this.#size = { columns: next.columns, rows: next.rows };
    this.#model.resize(this.#size);
    return true;
  }

  /** `false`: all of the events were read. */
  #readResizes(): boolean {
    const { eventsFd } = this.#source;
    const read = readSync(eventsFd, this.#slice, 0, sliceBytes, this.#eventBytes);
    this.#eventBytes += read;
    const lines = (this.#eventRest + this.#slice.toString('latin1', 0, read)).split('\n');
    this.#eventRest = lines.pop() ?? '';
    for (const line of lines) this.#noteResize(line);
    return read > 0;
  }

  #noteResize(line: string): void {
    // Most lines are something else, and parsing them all would cost more than the screen.
    if (!line.includes('"resize"')) return;
    const event = parseEventLine(line);
    if (event?.type !== 'resize' || event.offset < this.#offset) return;
    this.#resizes.push({ columns: event.columns, rows: event.rows, offset: event.offset });
  }
}
