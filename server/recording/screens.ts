import { Worker } from 'node:worker_threads';
import type { ScreenPicture } from '../protocol/screen-picture.ts';
import type { RecordingSource } from './port.ts';
import type { ScreenSnapshot } from './screen-follower.ts';

export type { ScreenSnapshot };

/** Which screen: `key` names the recorder whose files these are, `end` is how much of its output was flushed. */
export type ScreenOrder = { key: string; source: RecordingSource; end: number };

/** Screens of recordings that are being written. Made in a thread of their own; every question may reject. */
export type Screens = {
  /** The screen after at most `end` bytes: after the last whole sequence within them. */
  snapshot(order: ScreenOrder): Promise<ScreenSnapshot>;
  picture(order: ScreenOrder): Promise<ScreenPicture>;
  /** Reads ahead, so that the next question is answered soon. */
  follow(order: ScreenOrder): Promise<void>;
  /** Nobody will ask about it again. */
  forget(key: string): void;
  stop(): Promise<void>;
};

export type ScreenQuestion =
  | ({ kind: 'snapshot' | 'picture' | 'follow'; id: number } & ScreenOrder)
  | { kind: 'forget'; key: string };
export type ScreenAnswer = { id: number; snapshot?: ScreenSnapshot; picture?: ScreenPicture; error?: string };

type Waiting = { resolve(answer: ScreenAnswer): void; reject(error: Error): void };

/** A screen that nobody could make. Whoever asked goes on without it. */
export class ScreenUnavailable extends Error {
  override name = 'ScreenUnavailable';
}

/**
 * Starts nothing until somebody asks. A thread that dies takes the questions it had with it and is replaced at the next
 * one. `workerFile` is `screen-worker` as this program runs it.
 */
export function createScreens(workerFile: URL): Screens {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastId = 0;
  let isStopped = false;

  function failAll(why: string): void {
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new ScreenUnavailable(why));
    waiting.clear();
  }

  function start(): Worker {
    const made = new Worker(workerFile, { resourceLimits: { maxOldGenerationSizeMb: 512 } });
    made.on('message', (answer: ScreenAnswer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.error === undefined) asked?.resolve(answer);
      else asked?.reject(new ScreenUnavailable(answer.error));
    });
    made.on('error', () => failAll('The thread that makes screens failed.'));
    made.on('exit', () => made === worker && failAll('The thread that makes screens ended.'));
    made.unref();
    return made;
  }

  function ask(kind: 'snapshot' | 'picture' | 'follow', { key, source, end }: ScreenOrder): Promise<ScreenAnswer> {
    if (isStopped) return Promise.reject(new ScreenUnavailable('The gateway is stopping.'));
    worker ??= start();
    const id = ++lastId;
    const answer = new Promise<ScreenAnswer>((resolve, reject) => waiting.set(id, { resolve, reject }));
    worker.postMessage({ kind, id, key, source, end } satisfies ScreenQuestion);
    return answer;
  }

  return {
    async snapshot(order) {
      const { snapshot } = await ask('snapshot', order);
      return present(snapshot);
    },
    async picture(order) {
      const { picture } = await ask('picture', order);
      return present(picture);
    },
    async follow(order) {
      await ask('follow', order);
    },
    forget(key) {
      worker?.postMessage({ kind: 'forget', key } satisfies ScreenQuestion);
    },
    async stop() {
      isStopped = true;
      const last = worker;
      failAll('The gateway is stopping.');
      await last?.terminate();
    },
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ScreenUnavailable('The thread that makes screens gave another answer.');
  return value;
}
