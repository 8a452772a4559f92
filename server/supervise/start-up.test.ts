/**
 * What stands between `npm start` and a running program answers with a sentence that says what to do: a data folder
 * that is in use or open to others, a port that is taken, a database of the other kind. What was begun is undone, the
 * last first, even when undoing fails somewhere.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../db/connect.ts';
import { removeClusterOf } from '../../db/embedded/place.ts';
import { testDatabase } from '../../db/testing/database.ts';
import { type Config, parseConfig } from '../config/config.ts';
import { createLog } from '../log.ts';
import { childConfig } from './children.ts';
import { takeDataDir } from './data-dir.ts';
import { prepareDatabase } from './database.ts';
import { claimInstallation, refuseOtherKind } from './installation.ts';
import { chooseAwsPort, choosePort } from './listen-port.ts';
import { StartError } from './start-error.ts';
import { createUnwind } from './unwind.ts';

const home = mkdtempSync(join(tmpdir(), 'sp-start-'));
const log = createLog('test', 'silent');
const listeners: Server[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});
afterAll(() => rmSync(home, { recursive: true }));

function config(change: Partial<Config> = {}): Config {
  const base = parseConfig({ argv: [], env: {}, readFile: () => undefined, rootDir: process.cwd(), workDir: home });
  return { ...base.config, dataDir: join(home, 'data'), ...change };
}

function take(): Promise<number> {
  const server = createServer();
  listeners.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

describe('the data folder', () => {
  it('is made for us alone, and taken once', async () => {
    const path = join(home, 'deep', 'data');
    const lock = await takeDataDir(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await expect(takeDataDir(path)).rejects.toThrow(`Sallyport already runs on ${path} (process ${process.pid}).`);
    await lock.release();
    await (await takeDataDir(path)).release();
  });

  it('is refused when others may write to it', async () => {
    const path = join(home, 'open');
    mkdirSync(path);
    chmodSync(path, 0o777);
    await expect(takeDataDir(path)).rejects.toThrow(/Other users may write.*chmod 700/);
  });

  it('is refused when it cannot be made', async () => {
    writeFileSync(join(home, 'file'), '');
    await expect(takeDataDir(join(home, 'file', 'data'))).rejects.toThrow(/cannot be made/);
  });

  it('is refused when its lock is nothing that can be read', async () => {
    const path = join(home, 'odd');
    mkdirSync(join(path, 'supervisor.lock'), { recursive: true, mode: 0o700 });
    await expect(takeDataDir(path)).rejects.toThrow(`Sallyport cannot write to ${path} (EISDIR).`);
  });

  it.runIf(process.getuid?.() === 0)('is refused with a sentence on a disk that takes no writing', async () => {
    const path = join(home, 'read-only');
    mkdirSync(path, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=700', 'tmpfs', path]);
    try {
      await expect(takeDataDir(path)).rejects.toThrow(`Sallyport cannot write to ${path} (EROFS).`);
    } finally {
      execFileSync('umount', [path]);
    }
  });
});

describe('the port', () => {
  it('is the one that was asked for', async () => {
    const port = await take();
    await new Promise((resolve) => listeners.pop()?.close(resolve));
    expect((await choosePort(config({ port }), { anyNear: false })).port).toBe(port);
  });

  it('is any free one for 0, and the public URL follows', async () => {
    const asked = parseConfig({
      argv: ['--port', '0'],
      env: {},
      readFile: () => undefined,
      rootDir: home,
      workDir: home,
    });
    const chosen = await choosePort(asked.config, { anyNear: false });
    expect(chosen.port).toBeGreaterThan(1023);
    expect(chosen.publicUrl).toBe(`http://localhost:${chosen.port}`);
  });

  it('is refused with the next step when it is taken', async () => {
    const port = await take();
    const asked = choosePort(config({ port }), { anyNear: false });
    await expect(asked).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken by another program.`);
    await expect(asked).rejects.toThrow(`--port ${port + 1}`);
  });

  it('gives way to a free one near it in a demo', async () => {
    const port = await take();
    expect((await choosePort(config({ port }), { anyNear: true })).port).toBeGreaterThan(port);
  });

  it('is refused on an address that is not ours', async () => {
    await expect(choosePort(config({ listen: '192.0.2.1' }), { anyNear: true })).rejects.toThrow(
      /no address of this machine/,
    );
  });
});

describe('the port of the AWS proxy', () => {
  it('gives way to the next free one where nobody asked for it, also to the port of the program', async () => {
    const port = await take();
    const awsListen = { host: '127.0.0.1', port };
    const chosen = await chooseAwsPort(config({ awsListen }), { isGiven: false });
    expect(chosen.awsListen.port).toBeGreaterThan(port);
    const own = chosen.awsListen.port;
    const beside = await chooseAwsPort(config({ port: own, awsListen: { host: '127.0.0.1', port: own } }), {
      isGiven: false,
    });
    expect(beside.awsListen.port).toBeGreaterThan(own);
  });

  it('is refused with the next step where somebody asked for it, and is any free one for 0', async () => {
    const port = await take();
    const asked = chooseAwsPort(config({ awsListen: { host: '127.0.0.1', port } }), { isGiven: true });
    await expect(asked).rejects.toThrow(`cannot listen on 127.0.0.1 port ${port}: it is taken.`);
    const any = await chooseAwsPort(config({ awsListen: { host: '127.0.0.1', port: 0 } }), { isGiven: true });
    expect(any.awsListen.port).toBeGreaterThan(1023);
  });
});

describe('the kind of the database', () => {
  it('is decided by the first start and held against the other kind, whichever came first', async () => {
    for (const demo of [true, false]) {
      await using database = await testDatabase();
      const owner = connect(database.ownerUrl, { max: 1 });
      try {
        await refuseOtherKind(owner.sql, demo);
        await claimInstallation(owner.sql, demo);
        await claimInstallation(owner.sql, demo);
        await expect(refuseOtherKind(owner.sql, !demo)).rejects.toThrow(
          demo ? /Start with --demo/ : /Start without --demo/,
        );
        await expect(claimInstallation(owner.sql, !demo)).rejects.toThrow(StartError);
      } finally {
        await owner.close();
      }
    }
  });

  it('is asked before our tables exist', async () => {
    await using database = await testDatabase();
    const owner = connect(database.ownerUrl, { max: 1 });
    await owner.sql`drop table installation`;
    await refuseOtherKind(owner.sql, true);
    await owner.close();
  });
});

describe('the database', () => {
  it('is made, migrated and reachable for the application, and refuses the other kind', async () => {
    const own = config({ dataDir: join(home, 'db') });
    onTestFinished(() => removeClusterOf(own.dataDir)); // Root's is not below `home`.
    const first = await prepareDatabase(own, log);
    const app = connect(first.appUrl, { max: 1 });
    expect(await app.sql`select current_user as who, demo from installation`).toEqual([
      { who: 'sallyport_app', demo: false },
    ]);
    await app.close();
    await first.stop();
    await expect(prepareDatabase({ ...own, demo: true }, log)).rejects.toThrow(/real installation/);
    await (await prepareDatabase(own, log)).stop();
  });

  it('of somebody else must be reached with the role that migrations prepare', async () => {
    const elsewhere = { databaseOwnerUrl: 'postgres://owner:x@127.0.0.1:1/s' };
    const asked = (databaseUrl: string) => prepareDatabase(config({ ...elsewhere, databaseUrl }), log);
    await expect(asked('postgres://postgres:x@127.0.0.1:1/s')).rejects.toThrow(/must sign in as sallyport_app/);
    await expect(asked('postgres://sallyport_app@127.0.0.1:1/s')).rejects.toThrow(/with a password/);
    await expect(asked('postgres://sallyport_app:x@127.0.0.1:1/s')).rejects.toThrow(/cannot be reached/);
  });
});

it('tells children all but the owner of the database', async () => {
  const told = await childConfig(config({ databaseOwnerUrl: 'postgres://owner:x@h/d' }), {
    databaseUrl: 'postgres://sallyport_app:y@h/d',
    authSecret: 's',
  });
  expect(JSON.stringify(told)).not.toContain('owner');
  expect(told.portalSocket).toBe(join(home, 'data', 'run', 'portal.sock'));
  expect(statSync(join(home, 'data', 'run')).mode & 0o777).toBe(0o700);
});

it('undoes the last first, everything once, whatever fails', async () => {
  const undone: string[] = [];
  const unwind = createUnwind(log);
  unwind.later('first', async () => void undone.push('first'));
  unwind.later('second', () => Promise.reject(new Error('stuck')));
  unwind.later('third', async () => void undone.push('third'));
  await unwind.all();
  await unwind.all();
  expect(undone).toEqual(['third', 'first']);
});
