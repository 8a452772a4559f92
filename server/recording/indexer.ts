import { Worker } from 'node:worker_threads';
import type { IndexedRecording, IndexOrder } from './index-recording.ts';

export type { IndexedRecording, IndexOrder };

export type IndexQuestion = { id: number; order: IndexOrder };
export type IndexAnswer = { id: number } & ({ indexed: IndexedRecording } | { error: string });

export type Indexer = {
  /** One recording after the other. Rejects when it could not be read now; what was begun leaves nothing behind. */
  index(order: IndexOrder): Promise<IndexedRecording>;
  stop(): Promise<void>;
};

/** Why a recording was not read: no fault of it or of the machine, and the next start begins anew. */
export class IndexerStopped extends Error {
  override name = 'IndexerStopped';
  override message = 'The gateway is stopping.';
}

export type IndexerSettings = {
  /** How long a recording of so many bytes may take, in milliseconds. */
  mostMsFor?(bytes: number): number;
};

/** Many times what a slow machine takes. A host may write what costs a terminal a thousand times as much as text. */
const usualMostMs = (bytes: number) => 600_000 + (bytes / (1024 * 1024)) * 4_000;
/** What was never sealed has no size in the database. */
const unknownBytes = 1024 * 1024 * 1024;
const tooLong = 'What this host wrote takes a terminal too long, so that nobody read it to its end.';

type Waiting = {
  patience: NodeJS.Timeout;
  resolve(indexed: IndexedRecording): void;
  reject(error: Error): void;
};

/**
 * Reads recordings in a thread of its own, which starts with the first and is replaced when it dies, or when it is ended
 * because a recording takes it so long that others wait too long: that is a fault of the recording. `workerFile` is
 * `index-worker` as this program runs it.
 */
export function createIndexer(workerFile: URL, { mostMsFor = usualMostMs }: IndexerSettings = {}): Indexer {
  let worker: Worker | undefined;
  let waiting: ({ id: number } & Waiting) | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let lastId = 0;
  let isStopped = false;

  function take(): Waiting | undefined {
    const taken = waiting;
    waiting = undefined;
    clearTimeout(taken?.patience);
    return taken;
  }

  function fail(error: Error): void {
    worker = undefined;
    take()?.reject(error);
  }

  /** The next one begins when the thread is gone, so that there is never more than one. */
  async function giveUp(): Promise<void> {
    const last = worker;
    worker = undefined;
    await last?.terminate();
    take()?.resolve({ indexBytes: 0, problems: [tooLong] });
  }

  function start(): Worker {
    const made = new Worker(workerFile, { resourceLimits: { maxOldGenerationSizeMb: 512 } });
    made.on('message', (answer: IndexAnswer) => {
      if (answer.id !== waiting?.id) return;
      const asked = take();
      if ('indexed' in answer) asked?.resolve(answer.indexed);
      else asked?.reject(new Error(answer.error));
    });
    const isCurrent = () => made === worker;
    made.on(
      'error',
      (error) => isCurrent() && fail(new Error(`The thread that reads recordings failed: ${error.message}`)),
    );
    made.on('exit', () => isCurrent() && fail(new Error('The thread that reads recordings ended.')));
    made.unref();
    return made;
  }

  function ask(order: IndexOrder): Promise<IndexedRecording> {
    return new Promise((resolve, reject) => {
      if (isStopped) return reject(new IndexerStopped());
      worker ??= start();
      const id = ++lastId;
      const patience = setTimeout(() => void giveUp(), mostMsFor(order.sealed?.bytes ?? unknownBytes)).unref();
      waiting = { id, patience, resolve, reject };
      worker.postMessage({ id, order } satisfies IndexQuestion);
    });
  }

  return {
    index(order) {
      const asked = turn.then(() => ask(order));
      turn = asked.catch(() => undefined);
      return asked;
    },
    async stop() {
      isStopped = true;
      const last = worker;
      fail(new IndexerStopped());
      await last?.terminate();
    },
  };
}
