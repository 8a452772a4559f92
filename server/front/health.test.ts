// Contract: the health report tells what works by trying it, never rejects and never hangs, leaves nothing in the
// recordings store, and is asked as often as anybody likes without the disk or the database noticing.
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHealth, type HealthOptions } from './health.ts';

let recordingsDir: string;
beforeEach(async () => {
  recordingsDir = await mkdtemp(join(tmpdir(), 'sallyport-health-'));
});
afterEach(() => rm(recordingsDir, { recursive: true, force: true }));

const portal = { name: 'portal', state: 'ready', restarts: 0 };

const health = (given: Partial<HealthOptions> = {}) =>
  createHealth({
    pingDatabase: async () => undefined,
    recordingsDir,
    leastFreeBytes: async () => 0,
    children: () => [portal],
    isOpen: () => true,
    ...given,
  });

describe('the report', () => {
  it('is whole when everything works, and its probe leaves nothing behind', async () => {
    const report = await health().report();
    expect(report).toMatchObject({ status: 'ok', database: 'ok', recorder: 'ok', children: [portal] });
    expect(report.disk?.freeBytes).toBeGreaterThan(0);
    expect(report.disk?.freeRatio).toBeGreaterThan(0);
    expect(report.disk?.freeRatio).toBeLessThanOrEqual(1);
    expect(await readdir(recordingsDir)).toEqual([]);
  });

  it('is down without a database, and says nothing of why', async () => {
    const report = await health({
      pingDatabase: () => Promise.reject(new Error('password of sallyport_app')),
    }).report();
    expect(report).toMatchObject({ status: 'down', database: 'down', recorder: 'ok' });
    expect(JSON.stringify(report)).not.toContain('password');
  });

  it('is degraded when recordings cannot be written', async () => {
    const report = await health({ recordingsDir: join(recordingsDir, 'missing') }).report();
    expect(report).toMatchObject({ status: 'degraded', database: 'ok', recorder: 'down', disk: null });
  });

  it.skipIf(process.getuid?.() === 0)('is degraded when the folder is read-only', async () => {
    await chmod(recordingsDir, 0o500);
    expect((await health().report()).recorder).toBe('down');
  });

  it('is degraded while a child is not ready, and shows no more of it than its state', async () => {
    const children = () => [{ ...portal, state: 'waiting', restarts: 2, pid: 4711 }];
    const report = await health({ children }).report();
    expect(report).toMatchObject({ status: 'degraded', children: [{ name: 'portal', state: 'waiting', restarts: 2 }] });
    expect(JSON.stringify(report)).not.toContain('4711');
  });

  it('does not wait for a database that hangs', async () => {
    const report = await health({ pingDatabase: () => new Promise(() => undefined), checkTimeoutMs: 20 }).report();
    expect(report.database).toBe('down');
  });

  it('checks once for many who ask at the same time', async () => {
    let pings = 0;
    const shared = health({
      pingDatabase: async () => {
        pings += 1;
      },
      freshForMs: 60_000,
    });
    await Promise.all(Array.from({ length: 200 }, () => shared.report()));
    await shared.report();
    expect(pings).toBe(1);
  });
});

describe('readiness', () => {
  it.each<[string, Partial<HealthOptions>, boolean]>([
    ['everything works', {}, true],
    ['stopping', { isOpen: () => false }, false],
    ['no database', { pingDatabase: () => Promise.reject(new Error('down')) }, false],
    ['no place for recordings', { recordingsDir: '/nonexistent/place' }, false],
    ['no portal', { children: () => [{ ...portal, state: 'starting' }] }, false],
  ])('%s', async (_title, given, expected) => {
    expect(await health(given).isReady()).toBe(expected);
  });
});
