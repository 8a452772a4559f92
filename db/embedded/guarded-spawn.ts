import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/**
 * Runs a program through a small `sh` that holds the read end of a pipe whose write end only this process has. When
 * this process goes, however it goes, the pipe ends and the guardian stops the program: nothing outlives its parent,
 * not even after `kill -9`.
 *
 * - The program gets the pipe closed and /dev/null as input; background jobs of `sh` would ignore SIGINT otherwise
 *   only if they did not install a handler, so `stopSignal` must be one that the program handles or does not inherit
 *   as ignored (SIGINT and SIGQUIT are inherited as ignored, SIGTERM is not).
 * - The guardian leads its own process group (`detached`), so that Ctrl-C in a terminal reaches this process alone and
 *   whoever is left in the group when the program ends can be ended with it.
 */
const guardian = `
exec 3<&0 </dev/null
signal=$1 grace=$2
shift 2
"$@" 3<&- &
child=$!
{
  read -r _ <&3
  kill -s "$signal" "$child"
  sleep "$grace"
  kill -s KILL "$child"
} >/dev/null 2>&1 &
wait "$child"
status=$?
trap '' TERM
kill -s TERM -- "-$$"
exit "$status"
`;

export type GuardedOptions = {
  uid?: number;
  gid?: number;
  cwd?: string;
  /** The whole environment of the program. Default: that of this process. */
  env?: Record<string, string>;
  stopSignal?: 'TERM' | 'INT' | 'HUP';
  /** How long the program may take to stop before it is killed. */
  graceMs?: number;
};

export type Guarded = {
  /** The guardian. Its output streams are the program's. */
  process: ChildProcessWithoutNullStreams;
  /** Settles when the program has ended, with what a shell would report (128 + n for signal n). */
  exited: Promise<number>;
  /** Stops the program and waits for its end. May be called twice. */
  stop(): Promise<void>;
};

/** Starts `command` guarded. A program that cannot be started ends with status 126 or 127, as in a shell. */
export function guardedSpawn(command: string, args: string[], options: GuardedOptions = {}): Guarded {
  const { stopSignal = 'TERM', graceMs = 5_000, ...rest } = options;
  const grace = String(Math.max(1, Math.ceil(graceMs / 1_000)));
  const child = spawn('/bin/sh', ['-c', guardian, 'sallyport-guardian', stopSignal, grace, command, ...args], {
    ...rest,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // The pipe breaks when the program ends first; that is no error.
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      child.stdin.destroy(); // Should somebody have killed the guardian itself, its watcher still stops the program.
      resolve(code ?? (signal ? 128 : 1));
    });
  });
  exited.catch(() => undefined);
  return {
    process: child,
    exited,
    stop: async () => {
      child.stdin.destroy();
      await exited.catch(() => undefined);
    },
  };
}
