import type { ServerControl } from '#server/protocol/terminal-frames.ts';

type Limits = Extract<ServerControl, { type: 'limits' }>;

/** When the session ends by itself, on the clock of this browser. */
export type LimitMoments = { endsAtMs?: number; endsBy?: NonNullable<Limits['endsBy']>; idleAtMs?: number };

export type LimitWarning = { what: 'idle' | 'time_limit' | 'grant_ended'; atMs: number; withinMs: number };

const minuteMs = 60_000;
const warnWithinMs = [minuteMs, 5 * minuteMs];
const longestShownMs = 24 * 60 * minuteMs;

export function limitMoments({ endsInMs, endsBy, idleInMs }: Limits, atMs: number): LimitMoments {
  return {
    ...(endsInMs !== null && { endsAtMs: atMs + endsInMs }),
    ...(endsBy !== null && { endsBy }),
    ...(idleInMs !== null && { idleAtMs: atMs + idleInMs }),
  };
}

/** The warning that stands at this moment: of what comes first. `withinMs` grows smaller once, one minute before. */
export function warningAt(limits: LimitMoments, nowMs: number): LimitWarning | undefined {
  const { endsAtMs = Number.POSITIVE_INFINITY, idleAtMs } = limits;
  const isIdleFirst = idleAtMs !== undefined && idleAtMs < endsAtMs;
  if (!isIdleFirst) return timeWarningAt(limits, nowMs);
  return { what: 'idle', atMs: idleAtMs, withinMs: within(idleAtMs - nowMs) ?? 5 * minuteMs };
}

/** The same of the time that is left alone, which no key lengthens. */
export function timeWarningAt({ endsAtMs, endsBy }: LimitMoments, nowMs: number): LimitWarning | undefined {
  if (endsAtMs === undefined || !endsBy) return undefined;
  const withinMs = within(endsAtMs - nowMs);
  return withinMs === undefined ? undefined : { what: endsBy, atMs: endsAtMs, withinMs };
}

/** Whether the time that is left is worth a place in the bar: not when it is days. */
export function isTimeLeftShown({ endsAtMs }: LimitMoments, nowMs: number): boolean {
  return endsAtMs !== undefined && endsAtMs - nowMs <= longestShownMs;
}

const sentences: Record<LimitWarning['what'], { why: string; what: string }> = {
  idle: { why: 'Nothing was typed for a while.', what: 'Press any key to go on.' },
  time_limit: { why: 'The longest time of a session is nearly over.', what: 'Save your work.' },
  grant_ended: { why: 'The time of your access is nearly over.', what: 'Save your work.' },
};

/** Why the session is about to end, and what to do. */
export function warningWords({ what }: LimitWarning): { why: string; what: string } {
  return sentences[what];
}

function within(leftMs: number): number | undefined {
  return warnWithinMs.find((ms) => leftMs <= ms);
}
