import { useEffect, useState } from 'react';

/** The time, by the second, for as long as it matters. */
export function useNow(isRunning: boolean, startMs: number): number {
  const [nowMs, setNowMs] = useState(startMs);
  useEffect(() => {
    if (!isRunning) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return nowMs;
}
