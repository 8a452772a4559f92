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

type OrderKind = 'snapshot' | 'picture' | 'follow';
export type ScreenQuestion =
  | ({ kind: OrderKind; id: number } & ScreenOrder)
  | { kind: 'cancel'; id: number }
  | { kind: 'forget'; key: string };
export type ScreenAnswer = { id: number; snapshot?: ScreenSnapshot; picture?: ScreenPicture; error?: string };

/** What the thread shows of itself in memory: the question it is at, or 0, and how many steps it has begun. */
export const progressAt = { question: 0, steps: 1 } as const;

/** A screen that nobody could make. Whoever asked goes on without it. */
export class ScreenUnavailable extends Error {
  override name = 'ScreenUnavailable';
}

export type ScreensTimes = {
  /** What is not made by then is given up, and begun from there when it is asked for again. */
  patienceMs: number;
  /** A thread that works on one step for so long will never be done with it. */
  stuckMs: number;
};

const usualTimes: ScreensTimes = { patienceMs: 60_000, stuckMs: 5_000 };
/** A machine that is busy otherwise gets so much more time, and a disk that does not answer. */
const mostLooks = 6;
/** A screen that took the thread with it so often is not made any more. */
const mostFalls = 2;

type Waiting = {
  question: { kind: OrderKind; id: number } & ScreenOrder;
  patience: NodeJS.Timeout;
  resolve(answer: ScreenAnswer): void;
  reject(error: Error): void;
};

/**
 * Starts nothing until somebody asks. A thread that dies, or has to be ended because it is stuck, takes with it the
 * screen that it was at; the other questions are asked again. `workerFile` is `screen-worker` as this program runs it.
 */
export function createScreens(workerFile: URL, times: Partial<ScreensTimes> = {}): Screens {
  return new ScreenThread(workerFile, { ...usualTimes, ...times });
}

class ScreenThread implements Screens {
  readonly #file: URL;
  readonly #times: ScreensTimes;
  readonly #waiting = new Map<number, Waiting>();
  readonly #falls = new Map<string, number>();
  #worker: Worker | undefined;
  #progress = new Int32Array(new SharedArrayBuffer(0));
  #watch: NodeJS.Timeout | undefined;
  #seen = { steps: -1, looks: 0, cpu: process.cpuUsage() };
  #lastId = 0;
  #isStopped = false;

  constructor(file: URL, times: ScreensTimes) {
    this.#file = file;
    this.#times = times;
  }

  async snapshot(order: ScreenOrder): Promise<ScreenSnapshot> {
    return present((await this.#ask('snapshot', order)).snapshot);
  }

  async picture(order: ScreenOrder): Promise<ScreenPicture> {
    return present((await this.#ask('picture', order)).picture);
  }

  async follow(order: ScreenOrder): Promise<void> {
    await this.#ask('follow', order);
  }

  forget(key: string): void {
    this.#falls.delete(key);
    this.#post({ kind: 'forget', key });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
    this.#rejectAll('The gateway is stopping.');
  }

  #ask(kind: OrderKind, { key, source, end }: ScreenOrder): Promise<ScreenAnswer> {
    if (this.#isStopped) return Promise.reject(new ScreenUnavailable('The gateway is stopping.'));
    if ((this.#falls.get(key) ?? 0) >= mostFalls) return Promise.reject(new ScreenUnavailable(tooMuch));
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const question = { kind, id: this.#lastId, key, source, end };
    const answer = new Promise<ScreenAnswer>((resolve, reject) => {
      const giveUp = () => this.#post({ kind: 'cancel', id: question.id });
      const patience = setTimeout(giveUp, this.#times.patienceMs).unref();
      this.#waiting.set(question.id, { question, patience, resolve, reject });
    });
    this.#post(question);
    this.#watch ??= setInterval(() => this.#look(), this.#times.stuckMs).unref();
    return answer;
  }

  #post(question: ScreenQuestion): void {
    this.#worker?.postMessage(question);
  }

  #start(): Worker {
    const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#progress = new Int32Array(shared);
    this.#seen = { steps: -1, looks: 0, cpu: process.cpuUsage() };
    const made = new Worker(this.#file, { workerData: shared, resourceLimits: { maxOldGenerationSizeMb: 512 } });
    made.on('message', (answer: ScreenAnswer) => this.#answered(answer));
    made.on('error', () => undefined); // `exit` follows.
    // Not before: until then it may read the files of whoever waits.
    made.on('exit', () => this.#fell());
    made.unref();
    return made;
  }

  #answered(answer: ScreenAnswer): void {
    const asked = this.#take(answer.id);
    if (answer.error === undefined) asked?.resolve(answer);
    else asked?.reject(new ScreenUnavailable(answer.error));
  }

  #take(id: number): Waiting | undefined {
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(asked?.patience);
    if (this.#waiting.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    return asked;
  }

  /** Ends a thread that has worked on the same step since an earlier look, by what the whole process worked meanwhile. */
  #look(): void {
    const steps = Atomics.load(this.#progress, progressAt.steps);
    const isAtWork = Atomics.load(this.#progress, progressAt.question) !== 0;
    if (!isAtWork || steps !== this.#seen.steps) {
      this.#seen = { steps, looks: 0, cpu: process.cpuUsage() };
      return;
    }
    this.#seen.looks += 1;
    const { user, system } = process.cpuUsage(this.#seen.cpu);
    const workedMs = (user + system) / 1000;
    if (workedMs >= 0.8 * this.#times.stuckMs || this.#seen.looks >= mostLooks) void this.#worker?.terminate();
  }

  #fell(): void {
    this.#worker = undefined;
    if (this.#isStopped) return;
    const culprit = this.#waiting.get(Atomics.load(this.#progress, progressAt.question))?.question.key;
    if (culprit === undefined) {
      this.#rejectAll('The thread that makes screens failed.');
      return;
    }
    this.#falls.set(culprit, (this.#falls.get(culprit) ?? 0) + 1);
    for (const { question } of [...this.#waiting.values()]) {
      if (question.key === culprit) this.#take(question.id)?.reject(new ScreenUnavailable(tooMuch));
    }
    if (this.#waiting.size === 0) return;
    this.#worker = this.#start();
    for (const { question } of this.#waiting.values()) this.#post(question);
  }

  #rejectAll(why: string): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(new ScreenUnavailable(why));
  }
}

const tooMuch = 'What this host wrote takes a terminal too much.';

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ScreenUnavailable('The thread that makes screens gave another answer.');
  return value;
}
