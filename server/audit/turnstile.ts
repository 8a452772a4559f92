export type Turnstile = {
  /** Resolves with the function to call on the way out. */
  enter(): Promise<() => void>;
  /** How many wait to be let through. */
  waiting(): number;
};

/** Lets `width` through at a time, in the order they came. */
export function createTurnstile(width: number): Turnstile {
  let inside = 0;
  const waiting: (() => void)[] = [];

  function leaveOnce(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    };
  }

  return {
    async enter() {
      if (inside < width) inside += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return leaveOnce();
    },
    waiting: () => waiting.length,
  };
}
