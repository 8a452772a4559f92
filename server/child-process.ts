import type { ChildConfig } from './config/config.ts';
import { createLog, type Log } from './log.ts';
import type { ChildStatus, FromChild, ToChild } from './supervise/child-messages.ts';

/** Why a child cannot start, in a sentence for whoever started the program. Trying again would not help. */
export class ChildProblem extends Error {
  override name = 'ChildProblem';
}

/** A started child: what the supervisor's messages lead to. */
export type Running = {
  port?: number;
  onChildren?(children: readonly ChildStatus[]): void;
  /** Said more than once. */
  onDrain?(): void;
  stop(): Promise<void>;
};

export type ChildTools = {
  log: Log;
  /** Ends this process in order, because it can no longer do its work; the supervisor starts another. */
  giveUp(why: string): void;
};

export type ChildProgram = {
  name: string;
  /** Called once, when the supervisor has sent the configuration. */
  start(config: ChildConfig, tools: ChildTools): Promise<Running>;
  /** How long a stop may take before the process ends all the same. */
  stopWithinMs: number;
  /** A rejection that nobody awaited: a broken invariant of ours, or (in the portal) of a page that was left. */
  onRejection: 'exit' | 'log';
};

/** Runs this process as a child of the supervisor: configuration in, `ready` out, a clean stop, and no life without it. */
export function runAsChild(program: ChildProgram): void {
  let log = createLog(program.name);
  let children: readonly ChildStatus[] = [];
  let started: Promise<Running> | undefined;
  let isStopping = false;

  async function begin(config: ChildConfig): Promise<void> {
    log = createLog(program.name, config.logLevel);
    started = program.start(config, { log, giveUp });
    try {
      const running = await started;
      running.onChildren?.(children);
      tell({ type: 'ready', ...(running.port === undefined ? {} : { port: running.port }) });
    } catch (err) {
      if (isStopping) return;
      if (err instanceof ChildProblem) await tellAndWait({ type: 'failed', problem: err.message });
      else log.error('This process could not start', { err });
      process.exit(1);
    }
  }

  async function stop(code: number): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => {
      log.error('Stopping took too long');
      process.exit(1);
    }, program.stopWithinMs).unref();
    try {
      await (await started)?.stop();
    } catch (err) {
      log.error('Stopping failed', { err });
      process.exit(1);
    }
    process.exit(code);
  }

  function giveUp(why: string): void {
    log.error(why);
    void stop(1);
  }

  process.on('message', (message: ToChild) => {
    if (message.type === 'config' && !started) void begin(message.config);
    if (message.type === 'stop') void stop(0);
    if (message.type === 'drain') void started?.then((running) => running.onDrain?.()).catch(() => undefined);
    if (message.type !== 'children') return;
    children = message.children;
    void started?.then((running) => running.onChildren?.(children)).catch(() => undefined); // `begin` tells
  });
  process.on('disconnect', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));
  watchForTheUnexpected(program, () => log);
  if (!process.connected) {
    process.stderr.write(`The ${program.name} process is started by the supervisor: npm start\n`);
    process.exit(1);
  }
}

function watchForTheUnexpected({ onRejection }: ChildProgram, log: () => Log): void {
  // Output that nobody reads any more must not end the process before its sessions are closed.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  process.on('uncaughtException', (err) => {
    log().error('An exception that nobody expected', { err });
    process.exit(1);
  });
  process.on('unhandledRejection', (err) => {
    log().error('A rejection that nobody expected', { err });
    if (onRejection === 'exit') process.exit(1);
  });
}

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function tellAndWait(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
