import type { IBuffer, IBufferLine, Terminal } from '@xterm/headless';
import { hasOnlyBackground, isPlain, isSameStyle, linkOf, penSequence } from './screen-attributes.ts';
import { charsetSequences, designatorOf } from './screen-charsets.ts';
import {
  type Attributes,
  emptyCell,
  type InnerBuffer,
  internalsOf,
  type MouseEncoding,
  type MouseProtocol,
  type ScreenCell,
  type ScreenInternals,
} from './screen-internals.ts';

/**
 * What, written to a new terminal of the same size and scrollback, makes it the same as this one: both buffers with their
 * history, cursors, saved cursors, margins, tab stops, character sets, modes and pen. Only between sequences.
 *
 * Three states have no sequence: a cursor that waits to wrap after its character was erased or scrolled away, a set in use
 * by DECRC that is designated nowhere, and the second half of a wide character that was cut from the first. The first comes
 * without the wait, the second as the set that is designated, the third as a blank.
 */
export function restoreSequence(terminal: Terminal): string {
  const inner = internalsOf(terminal);
  const isAlternate = terminal.buffer.active.type === 'alternate';
  const writer = new ScreenWriter(terminal, inner);
  writer.buffer(terminal.buffer.normal, inner.buffers.normal);
  const { alt } = inner.buffers;
  if (isAlternate || hasMemory(alt)) {
    if (isAlternate) writer.leftCursor(inner.buffers.normal);
    writer.raw('\x1b[?47h\x1b[H');
    if (isAlternate) writer.buffer(terminal.buffer.alternate, alt);
    else writer.memory(alt);
    if (!isAlternate) writer.raw('\x1b[?47l');
  }
  writer.raw(charsetSequences(inner._charsetService));
  writer.raw(modeSequences(terminal, inner));
  writer.cursor(inner.buffers.active);
  return writer.text;
}

// The alternate buffer forgets its cells when it is left, but not these.
function hasMemory(buffer: InnerBuffer): boolean {
  return buffer.savedX !== 0 || buffer.savedY !== 0 || !isPlain(buffer.savedCurAttrData) || !!buffer.savedCharset;
}

/** Writes one terminal as sequences, and knows what the pen is like after what was written. */
class ScreenWriter {
  readonly #terminal: Terminal;
  readonly #inner: ScreenInternals;
  #parts: string[] = [];
  #pen: Attributes | undefined;
  #link = 0;

  constructor(terminal: Terminal, inner: ScreenInternals) {
    this.#terminal = terminal;
    this.#inner = inner;
  }

  get text(): string {
    return this.#parts.join('');
  }

  raw(sequence: string): void {
    this.#parts.push(sequence);
  }

  buffer(buffer: IBuffer, inner: InnerBuffer): void {
    const cell = emptyCell(buffer);
    if (buffer.getLine(0)?.isWrapped) this.#wrapFirstLine();
    for (let row = 0; row < buffer.length; row += 1) {
      const line = buffer.getLine(row);
      if (!line) continue;
      if (row === inner.savedY) this.savedCursor(inner);
      const isWrappedBelow = row + 1 < buffer.length && buffer.getLine(row + 1)?.isWrapped === true;
      this.#line(line, cell, isWrappedBelow);
      if (isWrappedBelow) continue;
      this.#plain(); // a line that scrolls in takes the background of the pen
      if (row + 1 < buffer.length) this.raw('\r\n');
    }
    this.#plain();
    this.keepsakes(inner);
  }

  // The line that it went on from is gone, as at the top of a full history: here it comes, makes it wrap, and goes again.
  #wrapFirstLine(): void {
    const { cols, rows } = this.#terminal;
    if (rows === 1) return;
    this.raw(`${' '.repeat(cols + 1)}\x1b[S\x1b[H\x1b[X`);
  }

  /** Saves the cursor in the line where it is, which may have become history since. Leaves it at the line's beginning. */
  savedCursor({ savedX, savedCurAttrData, savedCharset }: InnerBuffer): void {
    const designator = designatorOf(savedCharset);
    this.raw(`\x1b[${savedX + 1}G`);
    this.#style({ fg: savedCurAttrData.fg, bg: savedCurAttrData.bg, extended: noExtras });
    if (designator !== 'B') this.raw(`\x1b(${designator}`);
    this.raw('\x1b7\r');
    if (designator !== 'B') this.raw('\x1b(B');
    this.#plain();
  }

  /** Where the cursor of the normal buffer was left: a change of size drops empty lines below it, also unseen. */
  leftCursor({ x, y }: InnerBuffer): void {
    this.raw(`\x1b[${y + 1};${Math.min(x, this.#terminal.cols - 1) + 1}H`);
  }

  /** What the alternate buffer remembers while it is not shown. */
  memory(buffer: InnerBuffer): void {
    this.raw(`\x1b[${Math.max(0, buffer.savedY) + 1}H`);
    this.savedCursor(buffer);
    this.keepsakes(buffer);
  }

  /** Tab stops and margins. Leaves the cursor somewhere. */
  keepsakes(buffer: InnerBuffer): void {
    const { cols, rows } = this.#terminal;
    this.raw(tabSequences(buffer.tabs, cols));
    if (buffer.scrollTop !== 0 || buffer.scrollBottom !== rows - 1) {
      this.raw(`\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`);
    }
  }

  /** The cursor, the pen and, if a character was the last thing that came, that very character once more. */
  cursor(buffer: InnerBuffer): void {
    const { _curAttrData: pen, _parser: parser } = this.#inner._inputHandler;
    const { originMode, insertMode, wraparoundMode } = this.#terminal.modes;
    const { cols } = this.#terminal;
    // What has no width may push it further still, where it waits as well.
    const x = Math.min(buffer.x, cols);
    const isPending = x === cols;
    const top = originMode ? buffer.scrollTop : 0;
    const last = isPending || parser.precedingJoinState !== 0 ? this.#cellBefore({ ...buffer, x }) : undefined;
    const column = last ? last.column : Math.min(x, cols - 1);
    if (originMode) this.raw('\x1b[?6h');
    this.raw(`\x1b[${Math.max(0, buffer.y - top) + 1};${column + 1}H`);
    // Taken out, so that it pushes what follows back to where it is when it comes again.
    if (insertMode) this.raw(last ? `\x1b[${x - last.column}P\x1b[4h` : '\x1b[4h');
    if (last && !isSameStyle(last.cell, pen)) {
      this.#style(last.cell);
      this.raw(last.cell.getChars());
    }
    this.#style(pen);
    if (!wraparoundMode) this.raw('\x1b[?7l');
    if (last && isSameStyle(last.cell, pen)) this.raw(last.cell.getChars());
    // Any sequence ends what a character without width, or REP, would go on from.
    if (last && parser.precedingJoinState === 0) this.raw(penSequence(pen));
  }

  #cellBefore({ x, y, ybase }: InnerBuffer): { cell: ScreenCell; column: number } | undefined {
    const buffer = this.#terminal.buffer.active;
    const line = buffer.getLine(ybase + y);
    for (let column = x - 1; line && column >= Math.max(0, x - 2); column -= 1) {
      const cell = line.getCell(column, emptyCell(buffer)) as ScreenCell | undefined;
      if (cell && Math.max(1, cell.getWidth()) === x - column && cell.getChars() !== '') return { cell, column };
    }
    return undefined;
  }

  // Cells that were never written or were erased are skipped, unless they have a colour or the line must be full to wrap.
  #line(line: IBufferLine, cell: ScreenCell, mustFill: boolean): void {
    const { cols } = this.#terminal;
    let skipped = 0;
    const gaps: { from: number; to: number; style: Attributes }[] = [];
    for (let column = 0; column < cols; column += 1) {
      line.getCell(column, cell);
      if (cell.getWidth() === 0 && column > 0 && isSecondHalf(line, column)) continue;
      const chars = cell.getChars();
      if (chars === '' && hasOnlyBackground(cell)) {
        const end = endOfGap(line, column, cell, cols);
        if (mustFill) {
          gaps.push({ from: column, to: end, style: { fg: 0, bg: cell.bg, extended: noExtras } });
          this.#style({ fg: 0, bg: 0, extended: noExtras });
          this.raw(' '.repeat(end - column));
        } else {
          if (cell.bg !== 0) {
            skipped = this.#skip(skipped);
            this.#style({ fg: 0, bg: cell.bg, extended: noExtras });
            this.raw(`\x1b[${end - column}X`);
          }
          skipped += end - column;
        }
        column = end - 1;
        continue;
      }
      skipped = this.#skip(skipped);
      this.#style(cell);
      // Any sequence before it keeps a character without width from joining the one before.
      if (cell.getWidth() === 0) this.raw(penSequence(cell));
      this.raw(chars === '' ? ' ' : chars);
    }
    if (mustFill) this.#wrap(gaps);
  }

  #skip(cells: number): 0 {
    if (cells > 0) this.raw(`\x1b[${cells}C`);
    return 0;
  }

  // A character more makes the terminal wrap; it goes again, and what only filled the line above as well.
  #wrap(gaps: readonly { from: number; to: number; style: Attributes }[]): void {
    this.#plain();
    this.raw(' \r\x1b[X');
    // A screen of one line has no way back up; blanks stay there.
    if (gaps.length === 0 || this.#terminal.rows === 1) return;
    this.raw('\x1b[A');
    for (const { from, to, style } of gaps) {
      this.#style(style);
      this.raw(`\x1b[${from + 1}G\x1b[${to - from}X`);
    }
    this.#plain();
    this.raw('\r\x1b[B');
  }

  #plain(): void {
    this.#style({ fg: 0, bg: 0, extended: noExtras });
  }

  #style(style: Attributes): void {
    const { fg, bg, extended } = style;
    if (!this.#pen || !isSameStyle(this.#pen, style)) {
      // Plain is what a new terminal writes with.
      if (this.#pen || !isPlain(style)) this.raw(penSequence(style));
      this.#pen = { fg, bg, extended: { ...copyOf(extended) } };
    }
    const link = linkOf(style);
    if (link !== this.#link) this.raw(this.#linkSequence(link));
    this.#link = link;
  }

  #linkSequence(linkId: number): string {
    const link = linkId === 0 ? undefined : this.#inner._oscLinkService.getLinkData(linkId);
    // Every line opens its links anew: a host must not make megabytes of a few long ones.
    if (!link || link.uri.length + (link.id?.length ?? 0) > longestLink) return '\x1b]8;;\x1b\\';
    // Without an id of its own, one that keeps the cells of this link together.
    return `\x1b]8;id=${link.id ?? `restored-${linkId}`};${link.uri}\x1b\\`;
  }
}

/** Browsers cut longer addresses themselves. */
const longestLink = 2048;

const noExtras = { ext: 0, underlineStyle: 0, urlId: 0 } as const;

function copyOf({ ext, underlineStyle, urlId }: Attributes['extended']): Attributes['extended'] {
  return { ext, underlineStyle, urlId };
}

function isSecondHalf(line: IBufferLine, column: number): boolean {
  return line.getCell(column - 1)?.getWidth() === 2;
}

function endOfGap(line: IBufferLine, from: number, { bg }: Attributes, cols: number): number {
  let end = from + 1;
  for (; end < cols; end += 1) {
    const next = line.getCell(end) as ScreenCell | undefined;
    const isGap = next && next.getChars() === '' && next.getWidth() !== 0 && hasOnlyBackground(next) && next.bg === bg;
    if (!isGap) break;
  }
  return end;
}

const usualTabWidth = 8;

function tabSequences(tabs: InnerBuffer['tabs'], cols: number): string {
  const stops = Array.from({ length: cols }, (_, column) => column).filter((column) => tabs[column]);
  const isUsual = stops.every((column, i) => column === i * usualTabWidth);
  if (isUsual && stops.length === Math.ceil(cols / usualTabWidth)) return '';
  return `\x1b[3g${stops.map((column) => `\x1b[${column + 1}G\x1bH`).join('')}`;
}

const mouseProtocols: Record<MouseProtocol, string> = {
  NONE: '',
  X10: '\x1b[?9h',
  VT200: '\x1b[?1000h',
  DRAG: '\x1b[?1002h',
  ANY: '\x1b[?1003h',
};
const mouseEncodings: Record<MouseEncoding, string> = {
  DEFAULT: '',
  SGR: '\x1b[?1006h',
  SGR_PIXELS: '\x1b[?1016h',
};
const cursorStyles = { block: 1, underline: 3, bar: 5 } as const;

function modeSequences({ modes, options }: Terminal, inner: ScreenInternals): string {
  const { decPrivateModes, isCursorHidden } = inner.coreService;
  const { cursorStyle, cursorBlink } = decPrivateModes;
  const { activeProtocol, activeEncoding } = inner.coreMouseService;
  const on: [boolean, string][] = [
    [modes.applicationCursorKeysMode, '\x1b[?1h'],
    [decPrivateModes.applicationKeypad, '\x1b='],
    [modes.reverseWraparoundMode, '\x1b[?45h'],
    [modes.sendFocusMode, '\x1b[?1004h'],
    [modes.bracketedPasteMode, '\x1b[?2004h'],
    [isCursorHidden, '\x1b[?25l'],
    [options.convertEol === true, '\x1b[20h'],
    [modes.synchronizedOutputMode, '\x1b[?2026h'],
  ];
  const style = cursorStyle === undefined ? '' : `\x1b[${cursorStyles[cursorStyle] + (cursorBlink ? 0 : 1)} q`;
  const switched = on.map(([isOn, sequence]) => (isOn ? sequence : ''));
  return [...switched, style, mouseProtocols[activeProtocol], mouseEncodings[activeEncoding]].join('');
}
