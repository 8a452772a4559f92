import type { FileHandle } from 'node:fs/promises';
import { type EventLine, parseEventLine } from '../protocol/typescript-events.ts';
import { type Line, readLines } from './part-reading.ts';

const mostMarks = 5000;
const longestMark = 4096;

type Next = { event: EventLine; start: number };

/** The events of a recording one after the other, in bounded memory, and what was seen of them on the way. */
export class EventReading {
  readonly #lines: AsyncIterator<Line>;
  #next: Next | undefined;
  #end = 0;
  lines = 0;
  /** The first line that is no event, from 1. */
  damagedAt: number | undefined;
  isStarted = false;
  lastMs = 0;
  lastOffset = 0;
  /** The last event. */
  last: EventLine | undefined;
  /** What happened besides input, in order; the first of it, when there is too much. */
  readonly marks: EventLine[] = [];

  constructor(file: FileHandle) {
    this.#lines = readLines(file, 0)[Symbol.asyncIterator]();
  }

  /** The next event, which stays the next until `take`; `undefined` after the last. */
  async peek(): Promise<EventLine | undefined> {
    while (!this.#next) {
      const { value: line, done } = await this.#lines.next();
      if (done) return undefined;
      this.#note(line);
    }
    return this.#next.event;
  }

  take(): void {
    this.#next = undefined;
  }

  /** Where in the file the next event begins. */
  get position(): number {
    return this.#next?.start ?? this.#end;
  }

  #note({ text, end, whole }: Line): void {
    const start = this.#end;
    this.#end = end;
    this.lines += 1;
    const event = whole ? parseEventLine(text) : undefined;
    if (!event) {
      this.damagedAt ??= this.lines;
      return;
    }
    if (this.lines === 1) this.isStarted = event.type === 'start';
    this.last = event;
    this.lastMs = Math.max(this.lastMs, event.elapsedMs);
    this.lastOffset = Math.max(this.lastOffset, event.offset);
    const isMark = event.type !== 'input' && text.length <= longestMark;
    if (isMark && this.marks.length < mostMarks) this.marks.push(event);
    this.#next = { event, start };
  }
}
