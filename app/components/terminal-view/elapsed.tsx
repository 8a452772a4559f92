'use client';

import { clockText } from './clock-text.ts';
import { useNow } from './use-now.ts';

/** Time since `sinceMs`, counted by the second; stands still once it is over. */
export function Elapsed({ sinceMs, over }: { sinceMs: number; over: boolean }) {
  const nowMs = useNow(!over, sinceMs);
  return (
    <span role="timer" aria-label="Elapsed time" className="text-sm text-muted tabular-nums">
      {clockText(nowMs - sinceMs)}
    </span>
  );
}
