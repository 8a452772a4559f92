import type { Log } from '../log.ts';

export type Unwind = {
  /** Adds what must be undone; the last added is undone first. */
  later(what: string, undo: () => Promise<void>): void;
  /** Undoes everything once. What fails is logged and does not keep the rest from being undone. */
  all(): Promise<void>;
};

export function createUnwind(log: Log): Unwind {
  const steps: { what: string; undo: () => Promise<void> }[] = [];
  return {
    later: (what, undo) => void steps.push({ what, undo }),
    all: async () => {
      for (let step = steps.pop(); step; step = steps.pop()) {
        const startedAt = performance.now();
        try {
          await step.undo();
          log.debug(`Stopped: ${step.what}`, { ms: Math.round(performance.now() - startedAt) });
        } catch (err) {
          log.error(`Could not stop: ${step.what}`, { err });
        }
      }
    },
  };
}
