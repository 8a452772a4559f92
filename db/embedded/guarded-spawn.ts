import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/**
 * Becomes the program, after leaving a watcher beside it that reads a pipe whose other end only our process has. When
 * our process goes, however it goes, the pipe ends and the watcher stops the program. One line on the pipe means that
 * the program has ended and was waited for, so that its id may belong to somebody else by now.
 *
 * It is the watcher that runs in the background and not the program: `sh` starts background jobs with SIGINT and
 * SIGQUIT ignored, the shells of an sshd would inherit that, and nobody could press Ctrl-C in them.
 */
const guardian = `
exec 3<&0 </dev/null
signal=$1 tenths=$2
shift 2
({
  read -r _ <&3 && exit
  kill -s "$signal" $$
  while [ "$tenths" -gt 0 ] && kill -0 $$; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  kill -s KILL $$
} >/dev/null 2>&1 &)
exec "$@" 3<&-
`;

export type StopSignal = 'TERM' | 'INT' | 'HUP';

export type GuardedOptions = {
  uid?: number;
  gid?: number;
  cwd?: string;
  /** The whole environment of the program. Default: that of this process. */
  env?: Record<string, string>;
  stopSignal?: StopSignal;
  /** How long the program may take to stop before it is killed. */
  graceMs?: number;
};

export type Guarded = {
  /** The program itself: its id, its output. Its input is /dev/null; what looks like it is the watcher's pipe. */
  process: ChildProcessWithoutNullStreams;
  /** Settles when the program has ended, with what a shell would report (128 when it died of a signal). */
  exited: Promise<number>;
  /** Stops the program and waits for its end. May be called twice. */
  stop(): Promise<void>;
};

/**
 * Starts `command` so that it never outlives this process, not even after `kill -9`. It leads a process group of its
 * own, so Ctrl-C in a terminal reaches this process alone. A program that is not there ends with status 127.
 */
export function guardedSpawn(command: string, args: string[], options: GuardedOptions = {}): Guarded {
  const { stopSignal = 'TERM', graceMs = 5_000, env, ...rest } = options;
  const tenths = String(Math.ceil(graceMs / 100));
  const program = spawn('/bin/sh', ['-c', guardian, 'sallyport-guardian', stopSignal, tenths, command, ...args], {
    ...rest,
    ...(env ? { env: env as NodeJS.ProcessEnv } : {}), // Its type demands NODE_ENV, which programs need not have.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  program.stdin.on('error', () => undefined); // The watcher may be gone already.
  const exited = new Promise<number>((resolve, reject) => {
    program.once('error', reject);
    program.once('exit', (code) => {
      program.stdin.end('ended\n');
      resolve(code ?? 128);
    });
  });
  exited.catch(() => undefined);
  return { process: program, exited, stop: () => stop(program, exited, { stopSignal, graceMs }) };
}

type Patience = { stopSignal: StopSignal; graceMs: number };

async function stop(
  program: ChildProcessWithoutNullStreams,
  exited: Promise<number>,
  { stopSignal, graceMs }: Patience,
): Promise<void> {
  program.kill(`SIG${stopSignal}`);
  const impatience = setTimeout(() => program.kill('SIGKILL'), graceMs);
  await exited.catch(() => undefined);
  clearTimeout(impatience);
}
