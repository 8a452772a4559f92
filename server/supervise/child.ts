import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ChildConfig } from '../config/config.ts';
import { environmentForOthers } from '../config/env.ts';
import type { Log } from '../log.ts';
import { ranWell, waitBeforeStart } from './back-off.ts';
import type { ChildStatus, FromChild, ToChild } from './child-messages.ts';
import { StartError } from './start-error.ts';

export type ChildOptions = {
  name: string;
  /** The built module that runs in the child. */
  modulePath: string;
  config: ChildConfig;
  log: Log;
  /** Flags of Node's that this child runs best with. */
  nodeFlags?: readonly string[];
  /** Called whenever `status()` would answer something else. */
  onChange: () => void;
  /** Where its output goes, line by line, with the child's name before lines that are not of our log. */
  writeLine?: (line: string) => void;
};

export type Child = {
  status(): ChildStatus;
  /** Settles when the child is ready for the first time; rejects with StartError when that does not come about. */
  ready: Promise<void>;
  send(message: ToChild): void;
  /** Stops it in order and starts it anew at once: its module was built again. */
  restart(): void;
  /** Asks for a clean stop and waits for it, `graceMs` at most; then kills. It is not started again. */
  stop(graceMs: number): Promise<void>;
};

const firstTries = 3;

/**
 * Runs a child process and starts it again with back-off whenever it ends. Before it was ever ready it gets three
 * tries: what cannot start at all should say so and not be tried for ever.
 */
export function superviseChild(options: ChildOptions): Child {
  const { name, modulePath, log, onChange } = options;
  let status: ChildStatus = { name, state: 'starting', restarts: 0, pid: null };
  let running: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let restarting = false;
  let wasReady = false;
  let endsInARow = 0;
  const { promise: ready, resolve: becomeReady, reject: giveUp } = deferred();

  function become(change: Partial<ChildStatus>): void {
    status = { ...status, ...change };
    onChange();
  }

  function start(): void {
    const startedAt = performance.now();
    const child = forkChild(options);
    running = child;
    let problem: string | undefined;
    become({ state: 'starting', pid: child.pid ?? null });
    child.on('message', (message: FromChild) => {
      if (message.type === 'failed') problem = message.problem;
      if (message.type !== 'ready') return;
      wasReady = true;
      become({ state: 'ready' });
      becomeReady();
    });
    child.once('exit', (code, signal) => {
      running = undefined;
      ended({ how: signal ?? `status ${code}`, ranMs: performance.now() - startedAt, problem });
    });
    child.on('error', (err) => log.error(`The ${name} process cannot be reached`, { err }));
    tell(child, { type: 'config', config: options.config });
  }

  function ended({ how, ranMs, problem }: { how: string; ranMs: number; problem?: string | undefined }): void {
    if (stopping) {
      become({ state: 'stopped', pid: null });
      return;
    }
    if (restarting) {
      restarting = false;
      endsInARow = 0;
      start();
      return;
    }
    endsInARow = ranWell(ranMs) ? 1 : endsInARow + 1;
    if (!wasReady && (problem || endsInARow >= firstTries)) {
      become({ state: 'stopped', pid: null });
      giveUp(new StartError(problem ?? `The ${name} process ended while starting (${how}). Its last words are above.`));
      return;
    }
    const waitMs = waitBeforeStart(endsInARow);
    log.warn(`The ${name} process ended (${how}); starting it again in ${waitMs} ms`);
    become({ state: 'waiting', pid: null, restarts: status.restarts + 1 });
    timer = setTimeout(start, waitMs);
  }

  if (existsSync(modulePath)) start();
  else giveUp(new StartError(`${modulePath} is not built. Please run: npm run build`));

  return {
    status: () => status,
    ready,
    send: (message) => running && tell(running, message),
    restart: () => {
      restarting = running !== undefined;
      if (running) tell(running, { type: 'stop' });
    },
    stop: async (graceMs) => {
      stopping = true;
      clearTimeout(timer);
      if (running) await stopProcess(running, graceMs);
      else become({ state: 'stopped', pid: null });
    },
  };
}

/** Its own process group, because Ctrl-C in a terminal goes to the whole group and the order of stopping is ours. */
function forkChild({ name, modulePath, nodeFlags = [], writeLine = toStandardError }: ChildOptions): ChildProcess {
  const child = fork(modulePath, [], {
    detached: true,
    env: environmentForOthers(),
    execArgv: ['--enable-source-maps', ...nodeFlags],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface(stream).on('line', (line) => writeLine(line.startsWith('{"') ? line : `[${name}] ${line}`));
  }
  return child;
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}

function tell(child: ChildProcess, message: ToChild): void {
  // It may have ended a moment ago; its exit event says so.
  if (child.connected) child.send(message, () => undefined);
}

async function stopProcess(child: ChildProcess, graceMs: number): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  tell(child, { type: 'stop' });
  const impatience = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(impatience);
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined); // Whoever waits for it hears of it; nobody may be waiting yet.
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}
