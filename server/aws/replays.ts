export type Replays = {
  /** Whether this signature came before, within the time in which it is good. */
  seen(signature: string, nowMs: number): boolean;
};

/**
 * Remembers signatures. Two equal calls within a second carry the same one, so a repeat is a sign and no proof; `most`
 * bounds the memory, the oldest go first.
 */
export function createReplays({ keptMs, most = 200_000 }: { keptMs: number; most?: number }): Replays {
  const seenAt = new Map<string, number>();
  return {
    seen(signature, nowMs) {
      for (const [oldest, at] of seenAt) {
        if (nowMs - at <= keptMs && seenAt.size < most) break;
        seenAt.delete(oldest);
      }
      const isRepeat = seenAt.has(signature);
      if (!isRepeat) seenAt.set(signature, nowMs);
      return isRepeat;
    },
  };
}
