/** `#t=SECONDS`, by which a link leads to a moment of a recording. */
export function hashOfMoment(ms: number): string {
  return `#t=${(Math.max(0, ms) / 1000).toFixed(3).replace(/\.?0+$/, '')}`;
}

/** The moment in milliseconds to which an address leads, if it does. */
export function momentInHash(hash: string): number | undefined {
  const seconds = /^#t=(\d{1,9}(?:\.\d{1,6})?)$/.exec(hash)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Silence that was skipped, in words: `12 s`, `3 min`, `1 h 5 min`. */
export function skippedText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
