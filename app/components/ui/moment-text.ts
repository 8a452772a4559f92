/** A moment in UTC, as evidence is written: `2026-11-20 07:19:22 UTC`. */
export function utcText(iso: string, withSeconds = true): string {
  const text = new Date(iso).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, withSeconds ? 19 : 16)} UTC`;
}

/** The same moment on the clock of whoever reads, in their language. */
export function localText(iso: string, withSeconds = false, timeZone?: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: withSeconds ? 'medium' : 'short',
    timeZone,
  }).format(new Date(iso));
}

/** A length of time in words that fit a table: `48 s`, `12 min 5 s`, `3 h 20 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
