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

type Waiting = { resolve(indexed: IndexedRecording): void; reject(error: Error): void };

/**
 * Reads recordings in a thread of its own, which starts with the first and is replaced when it dies. `workerFile` is
 * `index-worker` as this program runs it.
 */
export function createIndexer(workerFile: URL): Indexer {
  let worker: Worker | undefined;
  let waiting: ({ id: number } & Waiting) | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let lastId = 0;
  let isStopped = false;

  function fail(error: Error): void {
    worker = undefined;
    waiting?.reject(error);
    waiting = undefined;
  }

  function start(): Worker {
    const made = new Worker(workerFile, { resourceLimits: { maxOldGenerationSizeMb: 512 } });
    made.on('message', (answer: IndexAnswer) => {
      if (answer.id !== waiting?.id) return;
      const { resolve, reject } = waiting;
      waiting = undefined;
      if ('indexed' in answer) resolve(answer.indexed);
      else reject(new Error(answer.error));
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
      waiting = { id, resolve, reject };
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
