import type { Attributes } from './screen-internals.ts';

const colourMode = { mask: 0x3000000, palette16: 0x1000000, palette256: 0x2000000, rgb: 0x3000000 } as const;
const fgFlags = [
  [0x4000000, 7], // inverse
  [0x8000000, 1], // bold
  [0x20000000, 5], // blink
  [0x40000000, 8], // invisible
  [0x80000000, 9], // struck through
] as const;
const bgFlags = [
  [0x4000000, 3], // italic
  [0x8000000, 2], // dim
  [0x40000000, 53], // overlined
] as const;
const underline = 0x10000000;
const hasExtended = 0x10000000;
const isProtected = 0x20000000;
const noUnderlineColour = 0x3ffffff;

/** Whether something is drawn alike with both, so that no sequence is needed between them. */
export function isSameStyle(a: Attributes, b: Attributes): boolean {
  return isSame(a.fg, b.fg) && isSame(a.bg, b.bg) && extendedOf(a) === extendedOf(b) && linkOf(a) === linkOf(b);
}

// The highest bit makes a number negative in a pen and none in a cell.
function isSame(one: number, other: number): boolean {
  return (one | 0) === (other | 0);
}

/** An erased cell keeps a background and nothing else. */
export function hasOnlyBackground({ fg, bg }: Attributes): boolean {
  return fg === 0 && (bg & ~0x3ffffff) === 0;
}

export function isPlain(attributes: Attributes): boolean {
  return attributes.fg === 0 && attributes.bg === 0;
}

/** The id of the hyperlink (OSC 8) of these attributes; 0 for none. */
export function linkOf({ bg, extended }: Attributes): number {
  return bg & hasExtended ? extended.urlId : 0;
}

/** SGR and DECSCA that bring any pen to these attributes; links apart. */
export function penSequence(attributes: Attributes): string {
  const { fg, bg } = attributes;
  const codes: (number | string)[] = [0];
  for (const [flag, code] of fgFlags) if (fg & flag) codes.push(code);
  for (const [flag, code] of bgFlags) if (bg & flag) codes.push(code);
  if (fg & underline) codes.push(underlineCode(attributes));
  codes.push(...colourCodes(fg, { base: 30, bright: 90, extended: 38 }));
  codes.push(...colourCodes(bg, { base: 40, bright: 100, extended: 48 }));
  codes.push(...underlineColour(attributes));
  return `\x1b[${codes.join(';')}m\x1b[${bg & isProtected ? 1 : 0}"q`;
}

// A pen keeps the colour of its underlines also while it draws none.
function extendedOf({ bg, extended }: Attributes): number {
  return bg & hasExtended ? extended.ext : extended.ext & noUnderlineColour;
}

// A link is drawn with an underline of its own, which is no style that a program has set.
function underlineCode(attributes: Attributes): number | string {
  const style = linkOf(attributes) ? (attributes.extended.ext >> 26) & 7 : attributes.extended.underlineStyle;
  return attributes.bg & hasExtended && style > 1 ? `4:${style}` : 4;
}

function underlineColour(attributes: Attributes): string[] {
  const colour = attributes.extended.ext & noUnderlineColour;
  if (colour === noUnderlineColour || (colour & colourMode.mask) === 0) return [];
  if ((colour & colourMode.mask) === colourMode.rgb) return [`58:2::${rgb(colour).join(':')}`];
  return [`58:5:${colour & 0xff}`];
}

function colourCodes(packed: number, code: { base: number; bright: number; extended: number }): number[] {
  const colour = packed & 0xff;
  switch (packed & colourMode.mask) {
    case colourMode.palette16:
      return [colour >= 8 ? code.bright + colour - 8 : code.base + colour];
    case colourMode.palette256:
      return [code.extended, 5, colour];
    case colourMode.rgb:
      return [code.extended, 2, ...rgb(packed)];
    default:
      return [];
  }
}

function rgb(packed: number): [number, number, number] {
  return [(packed >> 16) & 0xff, (packed >> 8) & 0xff, packed & 0xff];
}
