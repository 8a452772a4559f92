/** For the eye: `1:02:03`, or `02:03` where the whole is shorter than an hour. */
export function clockText(ms: number, wholeMs = ms): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return wholeMs >= 3_600_000 ? `${h}:${two(m)}:${two(s)}` : `${two(h * 60 + m)}:${two(s)}`;
}

/** The same for the ear: `1 hour 2 minutes 3 seconds`. */
export function spokenClock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const parts = [
    count(Math.floor(seconds / 3600), 'hour'),
    count(Math.floor(seconds / 60) % 60, 'minute'),
    count(seconds % 60, 'second'),
  ].filter(Boolean);
  return parts.join(' ') || '0 seconds';
}

function count(n: number, unit: string): string {
  return n === 0 ? '' : `${n} ${unit}${n === 1 ? '' : 's'}`;
}
