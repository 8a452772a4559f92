import type { PictureRun, ScreenPicture } from '../protocol/screen-picture.ts';
import { emptyCell, internalsOf, type ScreenCell } from './screen-internals.ts';
import type { ScreenModel } from './screen-model.ts';

/** The screen in few words: enough for a small picture of it. Invisible text stays invisible. */
export function drawScreen({ terminal }: ScreenModel): ScreenPicture {
  const { active } = terminal.buffer;
  const cell = emptyCell(active);
  const lines = Array.from({ length: terminal.rows }, (_, y) => {
    const runs: PictureRun[] = [];
    const line = active.getLine(active.baseY + y);
    for (let x = 0; line && x < terminal.cols; x += 1) {
      line.getCell(x, cell);
      if (cell.getWidth() > 0) addTo(runs, cell);
    }
    return withoutBlankEnd(runs);
  });
  const isHidden = internalsOf(terminal).coreService.isCursorHidden;
  const cursor = { column: Math.min(active.cursorX, terminal.cols - 1), row: active.cursorY };
  return { columns: terminal.cols, rows: terminal.rows, ...(!isHidden && { cursor }), lines };
}

function addTo(runs: PictureRun[], cell: ScreenCell): void {
  const style = styleOf(cell);
  const text = cell.isInvisible() ? ' '.repeat(cell.getWidth()) : cell.getChars() || ' ';
  const last = runs.at(-1);
  if (last && isSameStyle(last, style)) last.text += text;
  else runs.push({ text, ...style });
}

function styleOf(cell: ScreenCell): Omit<PictureRun, 'text'> {
  const fg = colourOf(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor());
  const bg = colourOf(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor());
  return {
    ...(fg !== undefined && { fg }),
    ...(bg !== undefined && { bg }),
    ...(cell.isBold() && { bold: true }),
    ...(cell.isInverse() && { inverse: true }),
  };
}

function colourOf(isRgb: boolean, isPalette: boolean, colour: number): number | string | undefined {
  if (isRgb) return `#${colour.toString(16).padStart(6, '0')}`;
  return isPalette ? colour : undefined;
}

function isSameStyle(a: Omit<PictureRun, 'text'>, b: Omit<PictureRun, 'text'>): boolean {
  return a.fg === b.fg && a.bg === b.bg && a.bold === b.bold && a.inverse === b.inverse;
}

function withoutBlankEnd(runs: PictureRun[]): PictureRun[] {
  const last = runs.at(-1);
  if (!last || last.bg !== undefined || last.inverse) return runs;
  last.text = last.text.trimEnd();
  return last.text === '' ? runs.slice(0, -1) : runs;
}
