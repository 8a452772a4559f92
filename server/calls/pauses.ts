import type { Context } from '../context.ts';

/** So long a token is refused a record after an administrator ended its session: its programs try again by themselves. */
const pauseMs = 60_000;

/** What counts for a minute after it was added. */
export function createPauses(ctx: Context): { add(key: string): void; has(key: string): boolean } {
  const untilMs = new Map<string, number>();
  return {
    add: (key) => untilMs.set(key, ctx.clock.now().getTime() + pauseMs),
    has(key) {
      const until = untilMs.get(key) ?? 0;
      if (until > ctx.clock.now().getTime()) return true;
      untilMs.delete(key);
      return false;
    },
  };
}
