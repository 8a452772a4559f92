'use client';

import { useEffect, useState } from 'react';
import { clockText } from './clock-text.ts';

/** Time since `sinceMs`, counted by the second; stands still once it is over. */
export function Elapsed({ sinceMs, over }: { sinceMs: number; over: boolean }) {
  const [nowMs, setNowMs] = useState(sinceMs);
  useEffect(() => {
    if (over) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [over]);
  return (
    <span role="timer" aria-label="Elapsed time" className="text-sm text-muted tabular-nums">
      {clockText(nowMs - sinceMs)}
    </span>
  );
}
