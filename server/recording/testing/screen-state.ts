import { internalsOf, type ScreenCell } from '../screen-internals.ts';
import type { ScreenModel } from '../screen-model.ts';

/** Colours and flags without what xterm leaves in bits that the mode of the colour does not use. */
function packed(value: number): number {
  const used = [0, 0xff, 0xff, 0xffffff][(value >>> 24) & 3] ?? 0;
  return (value & (0xff000000 | used)) >>> 0;
}

/** How an underline is drawn: its style and colour, where the style of one without extras is 1. */
function underlineOf({ fg, bg, extended }: { fg: number; bg: number; extended: { ext: number } }) {
  if (!(fg & 0x10000000)) return undefined;
  const ext = bg & 0x10000000 ? extended.ext : 0;
  const colour = ext & 0x3ffffff;
  return [(ext >> 26) & 7 || 1, colour === 0x3ffffff || (colour & 0x3000000) === 0 ? 'default' : packed(colour)];
}

/** Everything about a terminal that could ever be seen. */
export function stateOf({ terminal }: ScreenModel) {
  const { buffers, coreService, coreMouseService, _charsetService, _inputHandler } = internalsOf(terminal);
  const { modes, buffer, options } = terminal;
  const isAlternate = buffer.active.type === 'alternate';
  const style = (cell: { fg: number; bg: number; extended: { ext: number; urlId: number } }) => ({
    fg: packed(cell.fg),
    bg: packed(cell.bg & ~0x10000000),
    underline: underlineOf(cell),
    isLink: (cell.bg & 0x10000000) !== 0 && cell.extended.urlId !== 0,
  });
  const cells = (which: typeof buffer.normal) =>
    Array.from({ length: which.length }, (_, y) => {
      const line = which.getLine(y);
      const row = Array.from({ length: terminal.cols }, (_, x) => {
        const cell = line?.getCell(x) as ScreenCell;
        const chars = cell.getChars();
        const isErased = chars === '' && cell.getWidth() === 1;
        // An erased cell that kept a style is drawn as a blank of that style.
        return isErased && style(cell).fg === 0 && (cell.bg & ~0x3ffffff) === 0
          ? ['', packed(cell.bg)]
          : [isErased ? ' ' : chars, cell.getWidth(), style(cell)];
      });
      return { wrapped: line?.isWrapped, row };
    });
  const kept = (inner: (typeof buffers)['normal']) => ({
    saved: [
      Math.min(inner.savedX, terminal.cols - 1),
      Math.max(0, inner.savedY - inner.ybase),
      packed(inner.savedCurAttrData.fg),
      packed(inner.savedCurAttrData.bg & ~0x10000000),
    ],
    savedCharset: inner.savedCharset,
    margins: [inner.scrollTop, inner.scrollBottom],
    tabs: Array.from({ length: terminal.cols }, (_, x) => inner.tabs[x] === true),
  });
  return {
    isAlternate,
    // However far beyond the last column it is, it waits there to wrap.
    cursor: [Math.min(buffers.active.x, terminal.cols), buffers.active.y],
    left: isAlternate ? [Math.min(buffers.normal.x, terminal.cols - 1), buffers.normal.y] : [],
    normal: cells(buffer.normal),
    alternate: isAlternate ? cells(buffer.alternate) : [],
    kept: {
      normal: kept(buffers.normal),
      alt: { ...kept(buffers.alt), margins: isAlternate ? kept(buffers.alt).margins : [] },
    },
    charsets: { glevel: _charsetService.glevel, sets: [0, 1, 2, 3].map((g) => _charsetService._charsets[g]) },
    modes: { ...modes },
    more: {
      hidden: coreService.isCursorHidden,
      keypad: coreService.decPrivateModes.applicationKeypad,
      style: [coreService.decPrivateModes.cursorStyle, coreService.decPrivateModes.cursorBlink],
      mouse: [coreMouseService.activeProtocol, coreMouseService.activeEncoding],
      eol: options.convertEol,
    },
    pen: style(_inputHandler._curAttrData),
  };
}

/** The states that no sequence brings about (see `restoreSequence`). */
export function hasNoSequence({ terminal }: ScreenModel): boolean {
  const { buffers, _charsetService } = internalsOf(terminal);
  const { x, y, ybase } = buffers.active;
  const before = terminal.buffer.active.getLine(ybase + y)?.getCell(terminal.cols - 1);
  const isWaitErased = x >= terminal.cols && before?.getChars() === '' && before.getWidth() !== 0;
  const isUndesignated = _charsetService.charset !== _charsetService._charsets[_charsetService.glevel];
  return isWaitErased || isUndesignated || hasHalfCharacter(terminal);
}

/** The second half of a wide character whose first half is elsewhere or gone. */
function hasHalfCharacter({ buffer, cols }: ScreenModel['terminal']): boolean {
  return [buffer.normal, buffer.alternate].some((which) =>
    Array.from({ length: which.length }, (_, y) => which.getLine(y)).some((line) =>
      Array.from({ length: cols }, (_, x) => x).some(
        (x) => line?.getCell(x)?.getWidth() === 0 && line.getCell(x - 1)?.getWidth() !== 2,
      ),
    ),
  );
}
