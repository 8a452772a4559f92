// The width of a character of most monospaced fonts, in parts of their size.
const characterWidth = 0.61;

/** Of the width of a picture, which is 16 to 9: what stands around the rows, and how high one is. */
export const frame = { padding: '2cqw', lineHeight: 1.2 } as const;
const room = { width: 96, height: (100 * 9) / 16 - 4 };

/** The size of letters, in hundredths of the width of the picture, at which the whole screen is seen, its last row too. */
export function fontSizeFor({ columns, rows }: { columns: number; rows: number }): string {
  const size = Math.min(room.width / (columns * characterWidth), room.height / (rows * frame.lineHeight));
  return `${size.toFixed(3)}cqw`;
}
