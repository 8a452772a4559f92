/** A piece of work that yields now and then, so that others get their turn. */
export type Work<T> = AsyncGenerator<void, T>;

type Task = { id: number; work: Work<unknown>; done(value: unknown): void; failed(error: unknown): void };

/** Nobody wants the answer any more, or nobody may have it. */
export class WorkDropped extends Error {
  override name = 'WorkDropped';
  override message = 'This was given up before it was done.';
}

/**
 * The work of many, a step of each in turn, so that none waits for all of another's. What has the same key is done one
 * after the other. `onStep` is told whose step begins, and 0 when none is under way.
 */
export class ScreenTurns {
  readonly #onStep: (id: number) => void;
  /** By key, those whose turn is next first. */
  readonly #lines = new Map<string, Task[]>();
  #isRunning = false;

  constructor(onStep: (id: number) => void) {
    this.#onStep = onStep;
  }

  /** Settles with what the work returns; rejects with `WorkDropped` when it is given up. */
  add<T>(key: string, id: number, work: Work<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const line = this.#lines.get(key) ?? [];
      line.push({ id, work, done: resolve as (value: unknown) => void, failed: reject });
      this.#lines.set(key, line);
      if (!this.#isRunning) void this.#run();
    });
  }

  /** What was done of it stays done. */
  drop(isMeant: (id: number, key: string) => boolean): void {
    for (const [key, line] of this.#lines) {
      for (const task of line) if (isMeant(task.id, key)) task.failed(new WorkDropped());
      const left = line.filter(({ id }) => !isMeant(id, key));
      line.splice(0, line.length, ...left);
    }
  }

  isBusy(key: string): boolean {
    return (this.#lines.get(key)?.length ?? 0) > 0;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#next(); next; next = this.#next()) {
      const [key, task] = next;
      this.#onStep(task.id);
      const isDone = await step(task);
      this.#onStep(0);
      const line = this.#lines.get(key);
      // It may have been dropped meanwhile.
      if (isDone && line?.[0] === task) line.shift();
    }
    this.#isRunning = false;
  }

  /** The first of the next line, which goes to the end. */
  #next(): [string, Task] | undefined {
    for (const [key, line] of this.#lines) {
      this.#lines.delete(key);
      const task = line[0];
      if (!task) continue;
      this.#lines.set(key, line);
      return [key, task];
    }
    return undefined;
  }
}

async function step({ work, done, failed }: Task): Promise<boolean> {
  try {
    const { done: isDone, value } = await work.next();
    if (isDone) done(value);
    return isDone === true;
  } catch (error) {
    failed(error);
    return true;
  }
}
