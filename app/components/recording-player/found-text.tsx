import { foundPieces } from './found-pieces.ts';

const markClass = 'rounded-sm bg-warn-soft font-semibold text-ink underline decoration-warn decoration-2';

/** A line with what was searched for marked in it; what stands far before and after that is left out. */
export function FoundText({ line, text }: { line: string; text: string }) {
  return foundPieces(line, text).map(({ piece, isFound }, i) => {
    if (!isFound) return piece;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line never change
      <mark key={i} className={markClass}>
        {piece}
      </mark>
    );
  });
}
