export type FoundPiece = { piece: string; isFound: boolean };

const shownBefore = 120;
const shownAfter = 400;

/** A line cut at what was searched for, whatever its case; of a long one as much as tells what it is about. */
export function foundPieces(line: string, text: string): FoundPiece[] {
  const pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'giu');
  const places = text === '' ? [] : [...line.matchAll(pattern)].map(({ index, 0: { length } }) => ({ index, length }));
  const firstAt = places[0]?.index ?? 0;
  const from = firstAt > shownBefore ? firstAt - shownBefore : 0;
  const to = Math.min(line.length, firstAt + shownAfter);
  const pieces: FoundPiece[] = [];
  let at = from;
  for (const { index, length } of places) {
    if (index + length > to && pieces.length > 0) break;
    pieces.push(
      { piece: line.slice(at, index), isFound: false },
      { piece: line.slice(index, index + length), isFound: true },
    );
    at = index + length;
  }
  pieces.push({
    piece: line.slice(at, Math.max(to, at)) + (Math.max(to, at) < line.length ? '…' : ''),
    isFound: false,
  });
  if (from > 0) pieces.unshift({ piece: '…', isFound: false });
  return pieces.filter(({ piece }) => piece !== '');
}
