// Contract: the gateway starts when the supervisor has configured it, says `ready` with its port, and serves alone: a
// second one on the same database refuses and says why. It ends, in order and with status 0, when it is asked, when it
// is signalled, and when its supervisor is gone. No garbage from outside ends it, and no stranger reads a recording.
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'next-auth/jwt';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { aLogin, aPerson, aRecording, aSession } from '../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../db/testing/database.ts';
import type { ChildConfig } from './config/config.ts';
import { publicOriginOf } from './front/public-origin.ts';
import { ask, sendRaw } from './front/testing/running-front.ts';
import type { Role } from './protocol/session-words.ts';
import type { FromChild, ToChild } from './supervise/child-messages.ts';
import { loadOrCreateKeyring } from './vault/keyring-file.ts';

const ours = publicOriginOf('http://gateway.test');
const running: Gateway[] = [];
let database: TestDatabase;
let folder: string;
let config: ChildConfig;

const portal = createServer((_request, response) => response.end('portal'));

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
  const keyringPath = join(folder, 'keyring.json');
  const { authSecret } = await loadOrCreateKeyring(keyringPath);
  config = {
    demo: false,
    dev: false,
    rootDir: folder,
    dataDir: folder,
    recordingsDir: join(folder, 'recordings'),
    listen: '127.0.0.1',
    port: 0,
    publicUrl: ours.origin,
    tls: null,
    trustProxy: [],
    databaseUrl: database.appUrl,
    keyringPath,
    allowTargets: [],
    logLevel: 'warn',
    authSecret,
    portalSocket: join(folder, 'portal.sock'),
  };
  await new Promise<void>((resolve) => portal.listen(config.portalSocket, resolve));
});
afterEach(async () => {
  for (const gateway of running.splice(0)) {
    gateway.child.kill('SIGKILL');
    await gateway.exited;
  }
});
afterAll(async () => {
  portal.closeAllConnections();
  portal.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

type Gateway = { child: ChildProcess; exited: Promise<number | null>; port: number; ours: typeof ours; log(): string };

function tell(child: ChildProcess, message: ToChild): void {
  child.send(message);
}

async function startGateway(given: Partial<ChildConfig> = {}): Promise<{ gateway: Gateway; first: FromChild }> {
  const child = fork(join(import.meta.dirname, 'gateway.ts'), [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      log += String(chunk);
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  tell(child, { type: 'config', config: { ...config, ...given } });
  const gateway: Gateway = { child, exited, port: 0, ours, log: () => log };
  running.push(gateway);
  const first = await Promise.race([
    once(child, 'message').then(([message]) => message as FromChild),
    exited.then((code) => Promise.reject(new Error(`ended with ${code}: ${log}`))),
  ]);
  if (first.type === 'ready') gateway.port = first.port ?? 0;
  return { gateway, first };
}

async function cookieOf(roles: Role[]): Promise<string> {
  const person = await aPerson(database.connection.db, { roles });
  const login = await aLogin(database.connection.db, person);
  const token = await encode({ token: { sid: login.id }, secret: config.authSecret });
  return `sallyport.session=${token}`;
}

it('serves its own addresses and hands the rest to the portal', async () => {
  const { gateway } = await startGateway();
  expect((await ask(gateway)).body).toBe('portal');
  const children = [
    { name: 'portal', state: 'ready' as const, restarts: 1, pid: 4711 },
    { name: 'gateway', state: 'ready' as const, restarts: 0, pid: 4712 },
  ];
  tell(gateway.child, { type: 'children', children });
  const health = async () => JSON.parse((await ask(gateway, { path: '/api/health' })).body);
  await expect.poll(async () => (await health()).children.length).toBe(2);
  expect(await health()).toMatchObject({
    status: 'ok',
    database: 'ok',
    recorder: 'ok',
    children: [{ restarts: 1 }, {}],
  });
  expect((await ask(gateway, { path: '/api/ready' })).status).toBe(200);
  expect(await readdir(config.recordingsDir)).toEqual([]);
});

it('refuses to be the second, and says why', async () => {
  await startGateway();
  const { gateway, first } = await startGateway();
  expect(first).toEqual({ type: 'failed', problem: expect.stringContaining('Another gateway serves this database') });
  expect(await gateway.exited).toBe(1);
});

it('takes over from one that was killed', async () => {
  const { gateway } = await startGateway();
  gateway.child.kill('SIGKILL');
  await gateway.exited;
  expect((await startGateway()).first.type).toBe('ready');
});

it('says which address it cannot have', async () => {
  const { gateway } = await startGateway();
  const other = await testDatabase();
  const { gateway: second, first } = await startGateway({ port: gateway.port, databaseUrl: other.appUrl });
  expect(first).toEqual({ type: 'failed', problem: expect.stringContaining(`port ${gateway.port}`) });
  await second.exited;
  await other.close();
});

it.each<[string, (child: ChildProcess) => unknown]>([
  ['it is asked to', (child) => tell(child, { type: 'stop' })],
  ['it gets SIGTERM', (child) => child.kill('SIGTERM')],
  ['its supervisor is gone', (child) => child.disconnect()],
  ['it is asked three times over', (child) => [1, 2, 3].map(() => child.kill('SIGTERM'))],
])('ends in order when %s', async (_title, end) => {
  const { gateway } = await startGateway();
  end(gateway.child);
  expect(await gateway.exited).toBe(0);
  expect(gateway.log()).not.toContain('"level":50');
});

it('lives on through garbage, and writes no error about it', async () => {
  const { gateway } = await startGateway();
  const upgrade = (protocol: string, origin = ours.origin) =>
    `GET /ws/terminal HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: ${origin}\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\n` +
    `Cookie: sallyport.session=garbage; __Host-sallyport.session=%00\r\n\r\n`;
  const unknown = randomBytes(32).toString('base64url');
  for (let round = 0; round < 20; round += 1)
    await sendRaw(gateway.port, Buffer.concat([randomBytes(300), Buffer.from('\r\n\r\n')]));
  expect(await sendRaw(gateway.port, upgrade(`sallyport.terminal.v1, ticket.${unknown}`))).toMatch(/^HTTP\/1\.1 401 /);
  expect(await sendRaw(gateway.port, upgrade('sallyport.terminal.v1, ticket.x'))).toMatch(/^HTTP\/1\.1 401 /);
  expect(await sendRaw(gateway.port, upgrade('x', 'https://evil.example'))).toMatch(/^HTTP\/1\.1 401 /);
  expect((await ask(gateway)).body).toBe('portal');
  expect(gateway.log()).not.toContain('"level":50');
});

it('gives a recording to an auditor, and to nobody else', async () => {
  const { gateway } = await startGateway();
  const { db } = database.connection;
  const worker = await aPerson(db);
  const session = await aSession(db, { person: worker, login: await aLogin(db, worker) });
  const recording = await aRecording(db, session);
  const place = join(config.recordingsDir, recording.path);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'typescript'), 'what was on the screen');
  const path = `/api/recordings/${session.id}/typescript`;

  const read = (cookie?: string) => ask(gateway, { path, headers: cookie === undefined ? {} : { cookie } });
  expect((await read(await cookieOf(['auditor']))).body).toBe('what was on the screen');
  for (const cookie of [undefined, 'sallyport.session=x', await cookieOf(['user']), await cookieOf(['admin'])]) {
    const { status, body } = await read(cookie);
    expect([401, 403, 404]).toContain(status);
    expect(body).not.toContain('screen');
  }
});
