/**
 * `npm run drain` tells the program that runs on a DATA_DIR to open no new sessions, never one that would end by being
 * told; it says how many run and waits for the last of them when asked to. The supervisor tells its gateway, also one
 * that was started anew meanwhile, and starting the portal anew leaves the gateway alone.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProcessLock, takeProcessLock } from '../../db/embedded/process-lock.ts';
import type { ChildConfig, Config } from '../config/config.ts';
import { createLog } from '../log.ts';
import { startChildren } from './children.ts';
import { gatewaySocketOf, lockPathOf } from './data-dir.ts';
import { type DrainPorts, type DrainState, drainCommand } from './drain.ts';
import { createUnwind, type Unwind } from './unwind.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sp-drain-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('the command', () => {
  let lock: ProcessLock | undefined;
  let state: DrainState | undefined;
  let signalled: number[];
  let said: string[];
  let hears: boolean;

  beforeEach(() => {
    [lock, state, signalled, said, hears] = [undefined, { isDraining: false, sessions: 2 }, [], [], true];
  });
  afterEach(() => lock?.release());

  const drain = async (argv: string[] = [], ports: Partial<DrainPorts> = {}) =>
    drainCommand(argv, () => ({ dataDir }) as Config, {
      say: (line) => said.push(line),
      askState: async (path) => (path === gatewaySocketOf(dataDir) ? state : undefined),
      signal: (pid) => {
        signalled.push(pid);
        if (state && hears) state = { ...state, isDraining: true };
      },
      pollMs: 1,
      ...ports,
    });
  const run = async () => {
    lock = await takeProcessLock(lockPathOf(dataDir));
  };

  it('tells the process that runs, and says how many sessions go on', async () => {
    await run();
    expect(await drain()).toEqual({ status: 0, text: 'No new sessions are opened. 2 sessions go on.' });
    expect(signalled).toEqual([process.pid]);
  });

  it.each([
    [0, 'None runs.'],
    [1, '1 session goes on.'],
  ])('of %i sessions says: %s', async (sessions, words) => {
    await run();
    state = { isDraining: false, sessions };
    expect((await drain()).text).toContain(words);
  });

  it('refuses where nothing runs', async () => {
    expect(await drain()).toMatchObject({ status: 1, text: expect.stringContaining('does not run') });
    expect(signalled).toEqual([]);
  });

  it('refuses where the lock was left by a process that is gone', async () => {
    writeFileSync(lockPathOf(dataDir), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
    expect(await drain()).toMatchObject({ status: 1 });
    expect(signalled).toEqual([]);
  });

  it('signals nothing to a program that does not know of it, which would end by it', async () => {
    await run();
    state = undefined;
    expect(await drain()).toMatchObject({ status: 2, text: expect.stringContaining('earlier version') });
    expect(signalled).toEqual([]);
  });

  it('waits for the last session, and says how many are left', async () => {
    await run();
    const counts = [2, 2, 2, 1, 1, 0];
    const askState = async () => ({ isDraining: signalled.length > 0, sessions: counts.shift() ?? 0 });
    expect(await drain(['--wait'], { askState })).toEqual({
      status: 0,
      text: 'No session runs any more. Sallyport can be stopped.',
    });
    expect(said).toEqual(['No new sessions are opened. 2 sessions go on.', '1 session goes on.']);
  });

  it('goes on waiting while a gateway is started anew, and not when all is gone', async () => {
    await run();
    const states = [state, { isDraining: true, sessions: 1 }, undefined, undefined, { isDraining: true, sessions: 0 }];
    expect(await drain(['--wait'], { askState: async () => states.shift() })).toMatchObject({ status: 0 });
    const gone = [state, { isDraining: true, sessions: 1 }];
    const askState = async () => {
      if (gone.length === 0) await lock?.release();
      return gone.shift();
    };
    expect(await drain(['--wait'], { askState })).toMatchObject({
      status: 1,
      text: expect.stringContaining('was stopped meanwhile'),
    });
  });

  it('says how it is used', async () => {
    expect(await drain(['--help'])).toMatchObject({ status: 0, text: expect.stringContaining('--wait') });
    expect(await drain(['--quickly'])).toMatchObject({ status: 2, text: expect.stringContaining('--wait') });
    expect(await drain(['now'])).toMatchObject({ status: 2 });
  });
});

describe('the supervisor', () => {
  const program = (name: string) => `process.on('message', (message) => {
    if (message.type === 'config') { console.log('${name} ' + process.pid); process.send({ type: 'ready' }); }
    if (message.type === 'drain') console.log('${name} drains');
    if (message.type === 'stop') process.exit(0);
  });
  process.on('disconnect', () => process.exit(0));`;
  let unwind: Unwind;
  let lines: string[];
  let draining: AbortController;

  beforeEach(async () => {
    mkdirSync(join(dataDir, 'dist'));
    writeFileSync(join(dataDir, 'package.json'), '{"type":"module"}');
    writeFileSync(join(dataDir, 'dist', 'gateway.js'), program('gateway'));
    writeFileSync(join(dataDir, 'dist', 'portal-server.js'), program('portal'));
    writeFileSync(join(dataDir, 'dist', 'aws-sidecar.js'), program('aws'));
    const log = createLog('test', 'silent');
    unwind = createUnwind(log);
    lines = [];
    draining = new AbortController();
    const config = { rootDir: dataDir } as ChildConfig;
    const writeLine = (line: string) => void lines.push(line);
    await startChildren({ config, log, draining: draining.signal, writeLine }, unwind);
  });
  afterEach(() => unwind.all());

  const pids = (name: string) =>
    lines.flatMap((line) => {
      const [, pid] = line.match(new RegExp(`\\] ${name} (\\d+)$`)) ?? [];
      return pid === undefined ? [] : [Number(pid)];
    });
  const drained = () => lines.filter((line) => line.endsWith('gateway drains')).length;

  it('tells the gateway, and not before it is asked to', async () => {
    await expect.poll(() => pids('gateway')).toHaveLength(1);
    expect(drained()).toBe(0);
    draining.abort();
    await expect.poll(drained).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain('portal drains');
  });

  it('tells a gateway again that was started anew', async () => {
    draining.abort();
    await expect.poll(drained).toBeGreaterThan(0);
    const before = drained();
    process.kill(pids('gateway')[0] as number, 'SIGKILL');
    await expect.poll(() => pids('gateway')).toHaveLength(2);
    await expect.poll(drained).toBeGreaterThan(before);
  });

  it('starts another portal beside the same gateway', async () => {
    await expect.poll(() => [...pids('gateway'), ...pids('portal')]).toHaveLength(2);
    process.kill(pids('portal')[0] as number, 'SIGTERM');
    await expect.poll(() => pids('portal')).toHaveLength(2);
    expect(pids('gateway')).toHaveLength(1);
    expect(() => process.kill(pids('gateway')[0] as number, 0)).not.toThrow();
  });
});
