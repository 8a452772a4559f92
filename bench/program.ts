import { createInterface } from 'node:readline';
import { guardedSpawn } from '../db/embedded/guarded-spawn.ts';

/** A Node program that is measured: it ends with this process, and what it says can be waited for. */
export type Program = {
  pid: number;
  /** The next line, on either stream, that matches; rejects when the program ends before it came. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
};

export type ProgramOptions = { env?: Record<string, string>; graceMs?: number };

const lastWords = 20;

export function startProgram(args: string[], { env = {}, graceMs = 5_000 }: ProgramOptions = {}): Program {
  const {
    process: child,
    exited,
    stop,
  } = guardedSpawn(process.execPath, args, {
    env: { ...environment(), ...env },
    graceMs,
  });
  const waiting = new Set<{ pattern: RegExp; found(match: RegExpExecArray): void }>();
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      if (words.push(line) > lastWords) words.shift();
      for (const wait of waiting) {
        const match = wait.pattern.exec(line);
        if (match) wait.found(match);
      }
    });
  }
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const wait = { pattern, found };
      function found(match: RegExpExecArray) {
        waiting.delete(wait);
        resolve(match);
      }
      waiting.add(wait);
      const failed = (why: unknown) => reject(new Error(`${args.join(' ')} ended (${why}):\n${words.join('\n')}`));
      exited.then(failed, failed);
    });
  return { pid: child.pid as number, line, stop };
}

// Nothing of our own settings: what is measured is what everybody gets. The inspector stays closed until it is asked for.
function environment(): Record<string, string> {
  const { PATH = '', HOME = '/', TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), NODE_OPTIONS: '--inspect-port=0' };
}
