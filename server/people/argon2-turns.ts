import { createTurnstile, type Turnstile } from '../audit/turnstile.ts';

// Next may load this module more than once in a process; the memory and the threads are the process's all the same.
const processWide = globalThis as { [turnKey]?: Turnstile };
const turnKey = Symbol.for('sallyport.argon2');
processWide[turnKey] ??= createTurnstile(2);
const turn = processWide[turnKey];

/** Checks that may wait for their turn: about a second of work. Strangers with many addresses could ask for hours of it. */
export const longestQueue = 32;

/** So many wait already that the next one is sent away before anything is looked at. */
export function isCrowded(): boolean {
  return turn.waiting() >= longestQueue;
}

/** Runs a piece of Argon2, two at a time in the whole process. */
export async function takingTurns<T>(work: () => Promise<T>): Promise<T> {
  const leave = await turn.enter();
  try {
    return await work();
  } finally {
    leave();
  }
}
