import type { Tone } from '#app/components/ui/badge.tsx';

type GrantTimes = { startsAt: Date | null; endsAt: Date | null; revokedAt: Date | null };

/** Whether a grant holds at `now`, as a list shows it. What it gives is decided on the server, every time anew. */
export function grantState(
  { startsAt, endsAt, revokedAt }: GrantTimes,
  now: Date,
): { label: string; tone: Tone; over: boolean } {
  if (revokedAt) return { label: 'Revoked', tone: 'danger', over: true };
  if (endsAt && endsAt <= now) return { label: 'Ended', tone: 'neutral', over: true };
  if (startsAt && startsAt > now) return { label: 'Starts later', tone: 'warn', over: false };
  return { label: 'In force', tone: 'ok', over: false };
}
