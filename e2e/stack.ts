import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Guarded, guardedSpawn } from '../db/embedded/guarded-spawn.ts';
import { type Place, removeClusterOf, socketDirectory } from '../db/embedded/place.ts';
import { startOf } from '../db/embedded/process-lock.ts';
import type { KmsSettings } from '../server/config/config.ts';
import type { Context } from '../server/context.ts';
import { createContext } from '../server/create-context.ts';
import type { DemoFile } from '../server/demo/demo-file.ts';

const run = promisify(execFile);
const rootDir = join(import.meta.dirname, '..');

export type StackOptions = {
  demo?: boolean;
  /** `host:port` entries that the gateway may dial although they are loopback. */
  allowTargets?: string[];
  /** The key of KMS that seals its keyring. */
  keyringKms?: KmsSettings;
  /** Added to the environment of the program. */
  env?: Record<string, string>;
  /** Makes what must be there before the program starts; answers how to undo it after the program has stopped. */
  prepare?(dataDir: string): Promise<() => Promise<void>>;
};

export type ChildName = 'aws' | 'gateway' | 'portal' | 'postgres' | 'sshd';

const commandOf: Record<ChildName, RegExp> = {
  aws: /dist\/aws-sidecar\.js/,
  gateway: /dist\/gateway\.js/,
  portal: /dist\/portal-server\.js/,
  postgres: /postgres/,
  sshd: /sshd/,
};

/**
 * The built program, started as a person starts it, with a data folder of its own. It does not outlive the test
 * process, and what it leaves on disk goes with `stop`.
 */
export class Stack {
  readonly dataDir: string;
  readonly recordingsDir: string;
  readonly #options: StackOptions;
  #program: Guarded | undefined;
  #port = 0;
  #words = '';
  #onWords = () => {};
  #undo: (() => Promise<void>) | undefined;

  private constructor(options: StackOptions) {
    this.#options = options;
    this.dataDir = mkdtempSync(join(tmpdir(), 'sp-e2e-'));
    this.recordingsDir = join(this.dataDir, 'recordings');
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const stack = new Stack(options);
    try {
      stack.#undo = await options.prepare?.(stack.dataDir);
      await stack.boot();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Starts the program, or starts it again on the same data folder and port. */
  async boot(): Promise<void> {
    const { demo = true, allowTargets = [], env } = this.#options;
    this.#words = '';
    this.#program = guardedSpawn(process.execPath, ['dist/supervisor.js', ...(demo ? ['--demo'] : [])], {
      cwd: rootDir,
      graceMs: 15_000,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '',
        NODE_ENV: 'production',
        PORT: String(this.#port),
        AWS_LISTEN: '127.0.0.1:0',
        DATA_DIR: this.dataDir,
        LOG_LEVEL: 'warn',
        ALLOW_TARGETS: allowTargets.join(','),
        ...this.#keyringVariables(),
        ...env,
      },
    });
    for (const stream of [this.#program.process.stdout, this.#program.process.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#words += chunk.toString();
        this.#onWords();
      });
    }
    const [, port] = await this.printed(/Sallyport is ready at http:\/\/localhost:(\d+)/);
    this.#port = Number(port);
    await this.untilReady();
  }

  get baseUrl(): string {
    return `http://localhost:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** What the demo wrote for programs that drive it. */
  get demo(): DemoFile {
    return JSON.parse(readFileSync(join(this.dataDir, 'demo.json'), 'utf8')) as DemoFile;
  }

  get pid(): number {
    return this.#running().process.pid ?? 0;
  }

  /** Everything that was printed since the start. */
  get words(): string {
    return this.#words;
  }

  /** Waits for words on the terminal; rejects when the program ends without saying them. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const program = this.#running();
    const found = new Promise<RegExpExecArray>((resolve) => {
      this.#onWords = () => {
        const match = pattern.exec(this.#words);
        if (match) resolve(match);
      };
      this.#onWords();
    });
    const ended = program.exited.then((status) => {
      throw new Error(`The program ended (status ${status}):\n${this.#words}`);
    });
    return Promise.race([found, ended]);
  }

  async health(): Promise<{ status: string; children: { name: string; state: string; restarts: number }[] }> {
    const answer = await fetch(`${this.baseUrl}/api/health`);
    return (await answer.json()) as Awaited<ReturnType<Stack['health']>>;
  }

  async untilReady(): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.baseUrl}/api/ready`).catch(() => undefined);
      if (answer?.ok) return;
      if ((await startOf(this.pid)) === undefined) throw new Error(`The program is gone:\n${this.#words}`);
      await pause(25);
    }
  }

  /** The process of a child; waits while it is being started again. */
  async childPid(name: ChildName): Promise<number> {
    for (;;) {
      for (const { pid, command } of await childrenOf(this.pid)) if (commandOf[name].test(command)) return pid;
      if ((await startOf(this.pid)) === undefined) throw new Error(`The program is gone:\n${this.#words}`);
      await pause(10);
    }
  }

  /** Kills a child without a word and waits until it is gone. */
  async kill9(name: ChildName): Promise<void> {
    const pid = await this.childPid(name);
    const mark = await startOf(pid);
    process.kill(pid, 'SIGKILL');
    while ((await startOf(pid)) === mark) await pause(5);
  }

  /** Every process of this installation, with what tells it from a later one of the same id. */
  async processes(): Promise<ProcessSeen[]> {
    return descendants(this.pid);
  }

  /** A context of our own on its database, as its owner: to arrange what is not under test, and to read what was kept. */
  async context(): Promise<Context> {
    const place = JSON.parse(await readFile(join(this.dataDir, 'postgres.json'), 'utf8')) as Place;
    const host = encodeURIComponent(socketDirectory(place));
    const databaseUrl = `postgres://sallyport_owner:${encodeURIComponent(place.password)}@localhost/sallyport?host=${host}`;
    const keyring = { keyringPath: join(this.dataDir, 'keyring.json'), keyringKms: this.#options.keyringKms ?? null };
    return createContext({ databaseUrl, ...keyring, logLevel: 'silent', publicUrl: this.baseUrl }, 'e2e');
  }

  /** `npm run verify` as built: its exit status and what it says. */
  async verify(sessionId: string): Promise<{ status: number; text: string }> {
    const args = ['dist/verify.js', sessionId, '--data-dir', this.dataDir];
    return run(process.execPath, args, { cwd: rootDir }).then(
      ({ stdout }) => ({ status: 0, text: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        status: error.code,
        text: error.stdout + error.stderr,
      }),
    );
  }

  /** `npm run keyring` as built. `killAfter`: it is killed without a word as soon as it says this. */
  async keyring(order: string, killAfter?: RegExp): Promise<{ status: number | null; text: string }> {
    const child = spawn(process.execPath, ['dist/keyring-command.js', order, '--data-dir', this.dataDir], {
      cwd: rootDir,
      env: { ...process.env, ...this.#keyringVariables() },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (killAfter?.test(text)) child.kill('SIGKILL');
      });
    }
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, text };
  }

  #keyringVariables(): Record<string, string> {
    const { keyId, endpoint } = this.#options.keyringKms ?? {};
    if (!keyId) return {};
    return { KEYRING_KMS_KEY: keyId, ...(endpoint ? { KEYRING_KMS_ENDPOINT: endpoint } : {}) };
  }

  /** Kills the supervisor itself without a word. */
  async killSupervisor(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await this.#running().exited;
  }

  /** Stops the program and removes everything of it. */
  async stop(): Promise<void> {
    await this.#program?.stop();
    await this.#undo?.();
    await removeClusterOf(this.dataDir);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  #running(): Guarded {
    if (!this.#program) throw new Error('The program was not started.');
    return this.#program;
  }
}

export type ProcessSeen = { pid: number; command: string; startedAt: string };

async function childrenOf(parent: number): Promise<ProcessSeen[]> {
  const threads = await readdir(`/proc/${parent}/task`).catch(() => []);
  const lists = threads.map((id) => readFile(`/proc/${parent}/task/${id}/children`, 'utf8').catch(() => ''));
  const pids = (await Promise.all(lists)).join(' ').split(' ').filter(Boolean).map(Number);
  const seen = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      command: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim(),
      startedAt: (await startOf(pid)) ?? '',
    })),
  );
  return seen.filter(({ startedAt }) => startedAt !== '');
}

async function descendants(pid: number): Promise<ProcessSeen[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map((child) => descendants(child.pid)));
  return [...children, ...below.flat()];
}

/** Waits until none of these processes is left; rejects with those that are after `withinMs`. */
export async function untilGone(processes: readonly ProcessSeen[], withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const alive: ProcessSeen[] = [];
    for (const seen of processes) if ((await startOf(seen.pid)) === seen.startedAt) alive.push(seen);
    if (alive.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`Still running:\n${alive.map(({ pid, command }) => `  ${pid} ${command}`).join('\n')}`);
    }
    await pause(20);
  }
}
