/** How many calls a token may have under way, and start in a second; `burst` may come at once. */
export type TokenLimits = { mostAtOnce: number; perSecond: number; burst: number };

export const defaultTokenLimits: TokenLimits = { mostAtOnce: 256, perSecond: 4000, burst: 8000 };

export type Limiter = {
  /** `undefined` where there is too much already; otherwise what to call when the call is over, once. */
  enter(key: string, nowMs: number): (() => void) | undefined;
};

type Use = { running: number; allowance: number; at: number };

/** Bounds what one token does. Keeps nothing of tokens that rest. */
export function createLimiter({ mostAtOnce, perSecond, burst }: TokenLimits = defaultTokenLimits): Limiter {
  const uses = new Map<string, Use>();

  function forgetRested(nowMs: number): void {
    for (const [key, { running, at }] of uses) {
      if (running === 0 && nowMs - at > (burst / perSecond) * 1000) uses.delete(key);
    }
  }

  return {
    enter(key, nowMs) {
      const use = uses.get(key) ?? { running: 0, allowance: burst, at: nowMs };
      if (!uses.has(key)) {
        if (uses.size >= 1000) forgetRested(nowMs);
        uses.set(key, use);
      }
      use.allowance = Math.min(burst, use.allowance + (Math.max(0, nowMs - use.at) / 1000) * perSecond);
      use.at = nowMs;
      if (use.running >= mostAtOnce || use.allowance < 1) return undefined;
      use.allowance -= 1;
      use.running += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        use.running -= 1;
      };
    },
  };
}
