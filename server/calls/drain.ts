import type { Context } from '../context.ts';
import type { Journal } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { writeCalls } from './write-calls.ts';

export type Drain = {
  /** Something was added to the journal. It is written soon, with what else comes until then. */
  wake(): void;
  /** Nothing is written any more by itself. */
  stop(): void;
  /** Writes all that waits; `false`: the database took not all of it. */
  drain(): Promise<boolean>;
  /** How long what waits has not been written; 0 where nothing waits. */
  behindMs(): number;
};

const perBatch = 400;
const soonMs = 200;

/** Carries the journal over to the database, in batches, one at a time. */
export function createDrain(ctx: Context, journal: Journal): Drain {
  let running: Promise<boolean> | undefined;
  let waitsSinceMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<boolean> {
    for (;;) {
      const batch = journal.waiting(perBatch);
      if (batch.length === 0) break;
      waitsSinceMs ??= performance.now();
      try {
        await write(batch);
      } catch (err) {
        ctx.log.error('Calls to AWS could not be written to the database yet', { err });
        return false;
      }
      await journal.done(batch.length);
      waitsSinceMs = undefined;
    }
    waitsSinceMs = undefined;
    return true;
  }

  // One entry that the database will never take must not hold up all others.
  async function write(batch: readonly JournalEntry[]): Promise<void> {
    try {
      await writeCalls(ctx, batch);
    } catch (error) {
      if (!isAboutValues(error)) throw error;
      for (const entry of batch) await writeOrGiveUp(entry);
    }
  }

  async function writeOrGiveUp(entry: JournalEntry): Promise<void> {
    try {
      await writeCalls(ctx, [entry]);
    } catch (err) {
      if (!isAboutValues(err)) throw err;
      const requestId = entry.kind === 'called' ? entry.shown.callId : entry.callId;
      ctx.log.error('A call to AWS cannot be written to the database', { err, requestId, sessionId: entry.sessionId });
    }
  }

  const drain = () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    wake() {
      waitsSinceMs ??= performance.now();
      timer ??= setTimeout(() => {
        timer = undefined;
        void drain();
      }, soonMs);
    },
    drain,
    stop() {
      clearTimeout(timer);
    },
    behindMs: () => (waitsSinceMs === undefined ? 0 : performance.now() - waitsSinceMs),
  };
}

// Classes 22 and 23 of SQLSTATE: values that no column takes, and rows that break a constraint.
function isAboutValues(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code)) return true;
  return isAboutValues(error.cause);
}
