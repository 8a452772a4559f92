const firstMs = 250;
const longestMs = 10_000;
const steadyMs = 30_000;

/** How long to wait before the next start, after this many ends in a row: 250 ms, doubled each time, at most 10 s. */
export function waitBeforeStart(endsInARow: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, endsInARow - 1));
}

/** A child that ran this long was well: when it ends, the counting starts anew. */
export function ranWell(ranMs: number): boolean {
  return ranMs >= steadyMs;
}
