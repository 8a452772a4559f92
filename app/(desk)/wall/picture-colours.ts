import { darkTheme } from '#app/components/terminal-view/terminal-theme.ts';
import type { PictureRun } from '#server/protocol/screen-picture.ts';

const named = [
  darkTheme.black,
  darkTheme.red,
  darkTheme.green,
  darkTheme.yellow,
  darkTheme.blue,
  darkTheme.magenta,
  darkTheme.cyan,
  darkTheme.white,
  darkTheme.brightBlack,
  darkTheme.brightRed,
  darkTheme.brightGreen,
  darkTheme.brightYellow,
  darkTheme.brightBlue,
  darkTheme.brightMagenta,
  darkTheme.brightCyan,
  darkTheme.brightWhite,
];
const cubeStep = (step: number) => (step === 0 ? 0 : 55 + 40 * step);

/** The colour of a palette number, as terminals draw it: 16 of the theme, a cube of 216, and 24 greys. */
function paletteColour(index: number): string | undefined {
  if (index < 16) return named[index];
  if (index > 255) return undefined;
  if (index >= 232) {
    const grey = 8 + 10 * (index - 232);
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const cube = index - 16;
  const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(cubeStep);
  return `rgb(${parts.join(' ')})`;
}

// What came from a host is put into a style only in the one shape that a colour has.
function colourOf(colour: number | string | undefined): string | undefined {
  if (typeof colour === 'number') return paletteColour(colour);
  return colour !== undefined && /^#[0-9a-f]{6}$/i.test(colour) ? colour : undefined;
}

/** How a run of a picture is drawn; inverse swaps what it stands on and what it is written in. */
export function runStyle({ fg, bg, bold, inverse }: PictureRun): {
  color?: string | undefined;
  backgroundColor?: string | undefined;
  fontWeight?: number;
} {
  const front = colourOf(fg);
  const back = colourOf(bg);
  const weight = bold ? { fontWeight: 700 } : {};
  if (!inverse) return { color: front, backgroundColor: back, ...weight };
  return { color: back ?? darkTheme.background, backgroundColor: front ?? darkTheme.foreground, ...weight };
}
