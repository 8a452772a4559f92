type Limits = { idleTimeoutMinutes: number | null; maxDurationMinutes: number | null };

/** When sessions under a policy end by themselves, in a few words for a table. */
export function limitsText({ idleTimeoutMinutes, maxDurationMinutes }: Limits): string {
  const parts = [
    maxDurationMinutes !== null && `after ${minutesText(maxDurationMinutes)}`,
    idleTimeoutMinutes !== null && `${minutesText(idleTimeoutMinutes)} without a key`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? capitalized(parts.join(', or ')) : 'With the access';
}

/** Whether auditors may look at running sessions, and whether people learn of it. */
export function watchingText({ allowSnooping, tellWatched }: { allowSnooping: boolean; tellWatched: boolean }): string {
  if (!allowSnooping) return 'Nobody';
  return tellWatched ? 'Auditors, and people are told' : 'Auditors, without a word';
}

/** `45 minutes`, `8 hours`, `1 hour 30 minutes`. */
export function minutesText(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [count(hours, 'hour'), count(rest, 'minute')].filter(Boolean).join(' ');
}

function count(n: number, unit: string): string {
  return n === 0 ? '' : `${n} ${unit}${n === 1 ? '' : 's'}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
