'use client';

import { useEffect, useState } from 'react';
import { Spinner } from '../ui/spinner.tsx';

/** The connection is lost and being made again: over the last screen, with the time that is left for it. */
export function ReconnectingCard({ untilMs }: { untilMs: number }) {
  const [seconds, setSeconds] = useState(() => secondsUntil(untilMs));
  useEffect(() => {
    const timer = setInterval(() => setSeconds(secondsUntil(untilMs)), 1000);
    return () => clearInterval(timer);
  }, [untilMs]);
  return (
    <div className="absolute inset-0 z-10 grid place-items-center bg-black/40 p-4">
      <div
        role="status"
        data-testid="reconnecting"
        className="flex max-w-md items-start gap-3 rounded-xl border border-line bg-raised p-5 text-ink shadow-float"
      >
        <Spinner className="mt-1 shrink-0 text-accent" />
        <div>
          <p className="font-medium">Connecting again</p>
          <p className="mt-1 text-muted">
            The connection to the gateway was lost. Your session goes on there and waits for you; nothing you typed is
            lost.
          </p>
          <p aria-hidden className="mt-2 text-sm text-faint tabular-nums">
            It is closed in {seconds} s.
          </p>
        </div>
      </div>
    </div>
  );
}

function secondsUntil(untilMs: number): number {
  return Math.max(0, Math.ceil((untilMs - Date.now()) / 1000));
}
