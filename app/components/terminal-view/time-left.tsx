'use client';

import { Hourglass } from 'lucide-react';
import { classNames } from '../ui/class-names.ts';
import { clockText } from './clock-text.ts';
import { isTimeLeftShown, type LimitMoments, timeWarningAt } from './limit-words.ts';
import { useNow } from './use-now.ts';

/** How long the session may still go on, counted down. */
export function TimeLeft({ limits }: { limits: LimitMoments }) {
  const { endsAtMs } = limits;
  const nowMs = useNow(endsAtMs !== undefined, 0);
  if (endsAtMs === undefined || nowMs === 0 || !isTimeLeftShown(limits, nowMs)) return null;
  return (
    <span
      role="timer"
      aria-label="Time left"
      title="Time left"
      data-testid="time-left"
      className={classNames(
        'flex items-center gap-1 text-sm tabular-nums',
        timeWarningAt(limits, nowMs) ? 'font-medium text-danger' : 'text-muted',
      )}
    >
      <Hourglass aria-hidden className="size-3.5" />
      {clockText(endsAtMs - nowMs)}
    </span>
  );
}
