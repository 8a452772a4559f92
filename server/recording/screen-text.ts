import type { IBufferLine, Terminal } from '@xterm/headless';
import { internalsOf, type ScreenInternals } from './screen-internals.ts';

/** A line as it stood on a screen, with the rows into which it was wrapped joined. */
export type ScreenLine = {
  text: string;
  /** When the last of it was written. */
  elapsedMs: number;
  /** It fills its last row, so that what follows may belong to it. */
  isFull: boolean;
};

/** What takes the lines of a screen. */
export type LineTaker = {
  push(line: ScreenLine): void;
  /** From this moment on a line was not read, because the output asked for more reading than it is worth. */
  leaveOut(elapsedMs: number): void;
  /** What a character takes of the room for reading; 1 for a usual one. */
  readonly costOfCharacter: number;
};

/**
 * How many characters may be read: some at once, and more with every byte of output and with time. A person never comes
 * near that. Without it two bytes could have a whole screen read, and a session could keep the thread for weeks.
 */
const reading = { most: 4 * 1024 * 1024, perByte: 8, perMs: 20, perRow: 16 } as const;

/** Columns of a row that were written since somebody read it last, and when. */
type Written = { from: number; to: number; elapsedMs: number };

/** Modes by which another screen comes, or this one is emptied. */
const otherScreens: ReadonlySet<unknown> = new Set([3, 47, 1047, 1049]);
/** What comes before these is of one column each in a terminal. */
const firstWide = 0x300;

/**
 * Reads every line of a terminal just before it is lost: scrolled off, written over, erased, or left when the screen
 * changes. What is read once and not written to again is not read twice. Whoever writes to the terminal sets `nowMs`, and
 * says by `expect` how much comes.
 */
export class ScreenText {
  nowMs = 0;
  readonly #terminal: Terminal;
  readonly #inside: ScreenInternals;
  readonly #taker: LineTaker;
  #mayRead: number = reading.most;
  #earnedMs = 0;
  /** By row of the screen. */
  #written: (Written | undefined)[] = [];
  /** From where on a print that goes on has written and it was not noted yet. */
  #printing: { row: number; column: number } | undefined;

  constructor(terminal: Terminal, taker: LineTaker) {
    this.#terminal = terminal;
    this.#inside = internalsOf(terminal);
    this.#taker = taker;
    this.#followPrinting();
    this.#followScrolling();
    this.#followErasing();
  }

  /** So many bytes of output come next. */
  expect(bytes: number): void {
    const earned = bytes * reading.perByte + Math.max(0, this.nowMs - this.#earnedMs) * reading.perMs;
    this.#earnedMs = Math.max(this.#earnedMs, this.nowMs);
    this.#mayRead = Math.min(reading.most, this.#mayRead + earned);
  }

  /** Reads everything that stands there unread; needed before a resize and at the end. */
  flush(): void {
    for (let row = 0; row < this.#written.length; row += 1) this.#readRow(row);
    this.#written = [];
  }

  #followPrinting(): void {
    const handler = this.#inside._inputHandler;
    const print = handler.print;
    handler.print = (data, start, end) => {
      const { x, y } = this.#buffer;
      this.#beforePrint(this.#widthOf(data, start, end));
      this.#printing = { row: y, column: x };
      print.call(handler, data, start, end);
      this.#notePrinted(this.#buffer.y, this.#buffer.x);
      this.#printing = undefined;
    };
  }

  #followScrolling(): void {
    const service = this.#inside._bufferService;
    const scroll = service.scroll;
    service.scroll = (eraseAttributes, isWrapped) => {
      const { scrollTop, scrollBottom } = this.#buffer;
      const isPrinting = this.#printing !== undefined;
      if (isPrinting) this.#notePrinted(scrollBottom, this.#terminal.cols);
      this.#readRow(scrollTop);
      scroll.call(service, eraseAttributes, isWrapped);
      this.#written.length = Math.max(this.#written.length, scrollBottom + 1);
      this.#written.splice(scrollTop, 1);
      this.#written.splice(scrollBottom, 0, undefined);
      if (isPrinting) this.#printing = { row: scrollBottom, column: 0 };
    };
  }

  #followErasing(): void {
    const { parser } = this.#terminal;
    const before = (act: (first: number) => void) => (params: (number | number[])[]) => {
      act(typeof params[0] === 'number' ? params[0] : 0);
      return false; // The terminal does the rest.
    };
    // A cursor that waits behind the last column stands on it for these.
    const fromCursor = before(() => this.#readFrom(Math.min(this.#buffer.x, this.#terminal.cols - 1)));
    const all = before(() => this.flush());
    const line = before((how) => this.#readFrom(how === 0 ? this.#buffer.x : 0));
    const screen = before((how) => this.#beforeErasingScreen(how));
    for (const prefix of [undefined, '?']) {
      parser.registerCsiHandler({ ...(prefix && { prefix }), final: 'J' }, screen);
      parser.registerCsiHandler({ ...(prefix && { prefix }), final: 'K' }, line);
    }
    for (const final of ['X', 'P', '@']) parser.registerCsiHandler({ final }, fromCursor);
    for (const final of ['L', 'M', 'S', 'T']) parser.registerCsiHandler({ final }, all);
    for (const final of ['@', 'A']) parser.registerCsiHandler({ intermediates: ' ', final }, all);
    for (const final of ['}', '~']) parser.registerCsiHandler({ intermediates: "'", final }, all);
    for (const final of ['h', 'l']) {
      parser.registerCsiHandler({ prefix: '?', final }, (params) => {
        if (params.some((mode) => otherScreens.has(mode))) this.flush();
        return false;
      });
    }
    const reset = () => {
      this.flush();
      return false;
    };
    parser.registerEscHandler({ final: 'c' }, reset);
    parser.registerEscHandler({ intermediates: '#', final: '8' }, reset);
    parser.registerEscHandler({ final: 'M' }, () => {
      if (this.#buffer.y === this.#buffer.scrollTop) this.flush();
      return false;
    });
  }

  get #buffer() {
    return this.#inside.buffers.active;
  }

  #widthOf(data: Uint32Array, start: number, end: number): number {
    for (let i = start; i < end; i += 1) if ((data[i] ?? 0) >= firstWide) return 2 * (end - start);
    return end - start;
  }

  #beforePrint(width: number): void {
    const { cols, rows } = this.#terminal;
    const { x, y, scrollBottom } = this.#buffer;
    const { modes, decPrivateModes } = this.#inside.coreService;
    const end = x + width;
    this.#readOver(y, end > cols ? Math.min(x, cols - 1) : x, modes.insertMode ? cols : Math.min(cols, end));
    if (end <= cols || !decPrivateModes.wraparound) return;
    // Below the part that scrolls, the last row is written over again and again.
    if (y === rows - 1 && y !== scrollBottom) this.#readRow(y);
    const last = y + Math.ceil((end - cols) / Math.max(1, cols - 1));
    for (let row = y + 1; row <= last && row < rows; row += 1) this.#readRow(row);
  }

  /** Notes what a print has written down to here. */
  #notePrinted(row: number, column: number): void {
    const { cols } = this.#terminal;
    const from = this.#printing ?? { row, column };
    for (let at = from.row; at <= row; at += 1) {
      const first = at === from.row ? from.column : 0;
      const last = at === row ? column : cols;
      // In the last row it may have begun again at its beginning.
      if (first < last) this.#mark(at, first, last);
      else if (last < first && at === from.row) this.#mark(at, 0, cols);
    }
  }

  #mark(row: number, from: number, to: number): void {
    const before = this.#written[row];
    this.#written[row] = {
      from: Math.min(before?.from ?? from, from),
      to: Math.max(before?.to ?? to, to),
      elapsedMs: this.nowMs,
    };
  }

  #beforeErasingScreen(how: number): void {
    const { x, y } = this.#buffer;
    if (how === 0) this.#readFrom(x);
    if (how > 1) this.flush();
    const [first, last] = how === 0 ? [y + 1, this.#terminal.rows - 1] : [0, y];
    for (let row = first; row <= last; row += 1) this.#readRow(row);
  }

  #readFrom(column: number): void {
    this.#readOver(this.#buffer.y, column, this.#terminal.cols);
  }

  /** Reads a row if something unread stands in these columns of it. */
  #readOver(row: number, from: number, to: number): void {
    const written = this.#written[row];
    if (!written) return;
    const { active } = this.#terminal.buffer;
    const line = active.getLine(active.baseY + row);
    // Half of a wide character is never left.
    const first = from > 0 && line?.getCell(from - 1)?.getWidth() === 2 ? from - 1 : from;
    const last = line?.getCell(to)?.getWidth() === 0 ? to + 1 : to;
    if (written.from < last && first < written.to) this.#readRow(row);
  }

  /** Reads the line that a row is of, if it was not read since it was written. */
  #readRow(row: number): void {
    if (!this.#written[row]) return;
    if (this.#mayRead <= 0) {
      this.#taker.leaveOut(this.nowMs);
      return;
    }
    const { active } = this.#terminal.buffer;
    const lineAt = (at: number) => (at < this.#terminal.rows ? active.getLine(active.baseY + at) : undefined);
    let first = row;
    while (first > 0 && lineAt(first)?.isWrapped) first -= 1;
    const parts: IBufferLine[] = [];
    let elapsedMs = 0;
    for (let at = first; at === first || lineAt(at)?.isWrapped; at += 1) {
      const part = lineAt(at);
      if (!part) break;
      parts.push(part);
      elapsedMs = Math.max(elapsedMs, this.#written[at]?.elapsedMs ?? 0);
      this.#written[at] = undefined;
    }
    // An editor of lines wraps with a blank in the next row: what fills the one before goes on there.
    while (parts.length > 1 && parts.at(-1)?.translateToString(true).trim() === '') parts.pop();
    const last = parts.at(-1);
    if (!last) return;
    const text = parts.map((part) => part.translateToString(part === last)).join('');
    this.#mayRead -= parts.length * reading.perRow + text.length * this.#taker.costOfCharacter;
    if (text.trim() !== '') this.#taker.push({ text, elapsedMs, isFull: this.#isFull(last) });
  }

  #isFull(line: IBufferLine): boolean {
    const cell = line.getCell(this.#terminal.cols - 1);
    return cell !== undefined && (cell.getWidth() === 0 || cell.getChars().trim() !== '');
  }
}
