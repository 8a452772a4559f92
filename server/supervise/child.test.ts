/**
 * A supervised child gets its configuration, is started again with growing pauses when it ends, and is stopped in
 * order. One that cannot start at all says so instead of being tried for ever. It never outlives its supervisor.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startOf } from '../../db/embedded/process-lock.ts';
import type { ChildConfig } from '../config/config.ts';
import { createLog } from '../log.ts';
import { ranWell, waitBeforeStart } from './back-off.ts';
import { type Child, type ChildOptions, superviseChild } from './child.ts';
import type { ChildStatus } from './child-messages.ts';

const dir = mkdtempSync(join(tmpdir(), 'sp-child-'));
const children: Child[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop(500)));
});
afterAll(() => rmSync(dir, { recursive: true }));

type Seen = { child: Child; lines: string[]; states: ChildStatus[] };

function start(source: string, options: Partial<ChildOptions> = {}): Seen {
  const modulePath = join(dir, `${children.length}-${Math.random()}.mjs`);
  writeFileSync(modulePath, source);
  const seen: Seen = { lines: [], states: [] } as unknown as Seen;
  seen.child = superviseChild({
    name: 'gateway',
    modulePath,
    config: { port: 1234 } as ChildConfig,
    log: createLog('test', 'silent'),
    onChange: () => queueMicrotask(() => seen.states.push(seen.child.status())),
    writeLine: (line) => void seen.lines.push(line),
    ...options,
  });
  children.push(seen.child);
  return seen;
}

const polite = `process.on('message', (message) => {
  if (message.type === 'config') process.send({ type: 'ready' });
  if (message.type === 'stop') process.exit(0);
  console.log(JSON.stringify(message));
});
process.on('disconnect', () => process.exit(0));`;

it('gets the configuration and is ready when it says so', async () => {
  const { child, lines } = start(polite);
  await child.ready;
  expect(child.status()).toMatchObject({ name: 'gateway', state: 'ready', restarts: 0 });
  await expect.poll(() => lines).toEqual([JSON.stringify({ type: 'config', config: { port: 1234 } })]);
});

it('inherits the environment, but none of our settings: the owner of the database is not for children', async () => {
  process.env.DATABASE_OWNER_URL = 'postgres://owner:secret@h/d';
  process.env.SP_CHILD_TEST = 'inherited';
  try {
    const tell =
      'console.log([process.env.DATABASE_OWNER_URL, process.env.SP_CHILD_TEST, process.env.PATH !== undefined].join());';
    const { child, lines } = start(`${tell}${polite}`);
    await child.ready;
    await expect.poll(() => lines[0]).toBe('[gateway] ,inherited,true');
  } finally {
    delete process.env.DATABASE_OWNER_URL;
    delete process.env.SP_CHILD_TEST;
  }
});

it('hears what it is told later', async () => {
  const { child, lines } = start(polite);
  await child.ready;
  child.send({ type: 'children', children: [] });
  await expect.poll(() => lines.at(-1)).toBe('{"type":"children","children":[]}');
});

it('is started again when it was killed, and that is counted', async () => {
  const { child, states } = start(polite);
  await child.ready;
  const { pid } = child.status();
  process.kill(pid as number, 'SIGKILL');
  await expect.poll(() => child.status()).toMatchObject({ state: 'ready', restarts: 1 });
  expect(child.status().pid).not.toBe(pid);
  expect(states.map(({ state }) => state)).toContain('waiting');
});

it('starts anew at once when asked to', async () => {
  const { child, states } = start(polite);
  await child.ready;
  const { pid } = child.status();
  child.restart();
  await expect.poll(() => child.status().state === 'ready' && child.status().pid !== pid).toBe(true);
  expect(states.map(({ state }) => state)).not.toContain('waiting');
});

it('puts its name before lines that are not of our log', async () => {
  const { lines } = start(`console.error('plain words'); console.error('{"level":30}'); setInterval(() => {}, 1e6);`);
  await expect.poll(() => lines).toEqual(['[gateway] plain words', '{"level":30}']);
});

it('stops when asked and stays stopped', async () => {
  const { child } = start(polite);
  await child.ready;
  const { pid } = child.status();
  await child.stop(5_000);
  expect(child.status()).toMatchObject({ state: 'stopped', pid: null });
  expect(await startOf(pid as number)).toBeUndefined();
});

it('is killed when it does not stop', async () => {
  const { child } = start(`process.on('message', () => process.send({ type: 'ready' }));
    process.on('SIGTERM', () => {}); process.on('disconnect', () => {}); setInterval(() => {}, 1e6);`);
  await child.ready;
  const { pid } = child.status();
  await child.stop(100);
  expect(await startOf(pid as number)).toBeUndefined();
});

it('is not started again when it is stopped while waiting for its next start', async () => {
  const { child } = start(polite);
  await child.ready;
  process.kill(child.status().pid as number, 'SIGKILL');
  await expect.poll(() => child.status().state).toBe('waiting');
  await child.stop(100);
  expect(child.status().state).toBe('stopped');
});

describe('one that cannot start', () => {
  it('is given up after three tries', async () => {
    const { child } = start("console.error('no luck'); process.exit(3);");
    await expect(child.ready).rejects.toThrow('The gateway process ended while starting (status 3).');
    expect(child.status()).toMatchObject({ state: 'stopped', restarts: 2 });
  });

  it('is given up at once when it says why', async () => {
    const { child } = start(`process.on('message', () => {
      process.send({ type: 'failed', problem: 'The port is taken.' }, () => process.exit(1)); });`);
    await expect(child.ready).rejects.toThrow(/^The port is taken\.$/);
    expect(child.status().restarts).toBe(0);
  });

  it('is refused when it is not built', async () => {
    const { child } = start('', { modulePath: join(dir, 'missing.js') });
    await expect(child.ready).rejects.toThrow(/missing\.js is not built.*npm run build/);
  });
});

it('waits longer each time, up to a limit', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50].map(waitBeforeStart)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(ranWell(60_000)).toBe(true);
  expect(ranWell(1_000)).toBe(false);
});
