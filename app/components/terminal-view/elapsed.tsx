'use client';

import { classNames } from '../ui/class-names.ts';
import { clockText } from './clock-text.ts';
import { useNow } from './use-now.ts';

type ElapsedProps = {
  sinceMs: number;
  over: boolean;
  /** Another clock stands beside it: a narrow window has room for one. */
  isSecond: boolean;
};

/** Time since `sinceMs`, counted by the second; stands still once it is over. */
export function Elapsed({ sinceMs, over, isSecond }: ElapsedProps) {
  const nowMs = useNow(!over, sinceMs);
  return (
    <span
      role="timer"
      aria-label="Elapsed time"
      className={classNames('text-sm text-muted tabular-nums', isSecond && 'max-sm:hidden')}
    >
      {clockText(nowMs - sinceMs)}
    </span>
  );
}
