// Contract: the gateway starts when the supervisor has configured it, says `ready` with its port, and serves alone: a
// second one on the same database refuses and says why. It ends, in order and with status 0, when it is asked, when it
// is signalled, and when its supervisor is gone. No garbage from outside ends it, and no stranger reads a recording.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'next-auth/jwt';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tickets } from '../db/schema.ts';
import { aLogin, aPerson, aRecording, aSession } from '../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../db/testing/database.ts';
import type { ChildConfig } from './config/config.ts';
import { askDrainState, askGatewayToOpen } from './front/control-socket.ts';
import { publicOriginOf } from './front/public-origin.ts';
import { ask, sendRaw } from './front/testing/running-front.ts';
import { type LaunchId, newId } from './ids.ts';
import { hashTicket } from './launch/ticket.ts';
import type { Role } from './protocol/session-words.ts';
import { maxClientFrameBytes } from './protocol/terminal-frames.ts';
import type { FromChild, ToChild } from './supervise/child-messages.ts';
import { type GatewayProcess, gatewayConfigIn, startGatewayProcess } from './testing/gateway-process.ts';

const ours = publicOriginOf('http://gateway.test');
const running: Gateway[] = [];
let database: TestDatabase;
let folder: string;
let config: ChildConfig;

const portal = createServer((_request, response) => response.end('portal'));

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
  config = await gatewayConfigIn(folder, { databaseUrl: database.appUrl, publicUrl: ours.origin });
  await new Promise<void>((resolve) => portal.listen(config.portalSocket, resolve));
});
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.kill();
});
afterAll(async () => {
  portal.closeAllConnections();
  portal.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

type Gateway = GatewayProcess & { ours: typeof ours };

function tell(child: ChildProcess, message: ToChild): void {
  child.send(message);
}

async function startGateway(given: Partial<ChildConfig> = {}): Promise<{ gateway: Gateway; first: FromChild }> {
  const gateway = { ...(await startGatewayProcess({ ...config, ...given })), ours };
  running.push(gateway);
  return { gateway, first: gateway.first };
}

async function cookieOf(roles: Role[]): Promise<string> {
  const person = await aPerson(database.connection.db, { roles });
  const login = await aLogin(database.connection.db, person);
  const token = await encode({ token: { sid: login.id }, secret: config.authSecret });
  return `sallyport.session=${token}`;
}

function upgradeRequest(
  protocol: string,
  { origin = ours.origin, cookie }: { origin?: string; cookie: string },
): string {
  return `GET /ws/terminal HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: ${origin}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\nCookie: ${cookie}\r\n\r\n`;
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

it('tells figures to the machine itself and by the token, and counts what it refuses', async () => {
  const { gateway } = await startGateway({ metricsToken: 'figures-for-the-watch-house' });
  const figures = async (headers = {}) => (await ask(gateway, { path: '/api/metrics', headers })).body;
  expect(await figures()).toContain('sallyport_sessions{mode="SSH",state="active"} 0');
  expect(await figures()).toMatch(/^sallyport_recordings_bytes 0$/m);
  const elsewhere = { 'x-forwarded-for': '192.0.2.1' };
  expect(await figures(elsewhere)).not.toContain('sallyport_sessions');
  const byToken = { ...elsewhere, authorization: 'Bearer figures-for-the-watch-house' };
  expect(await figures(byToken)).toContain('sallyport_echo_seconds_count 0');
  const cookie = await cookieOf(['user']);
  const ticket = `sallyport.terminal.v1, ticket.${'A'.repeat(43)}`;
  expect(await sendRaw(gateway.port, upgradeRequest(ticket, { cookie }), { andEnd: true })).toContain('401');
  expect(await figures()).toContain('sallyport_refusals_total{door="websocket",code="ticket_invalid"} 1');
});

it('opens no new sessions once it is told to drain, and says so; before that it asks for the launch', async () => {
  const { gateway } = await startGateway();
  const cookieHeader = await cookieOf(['user']);
  const open = () => askGatewayToOpen(config.gatewaySocket, { launchId: newId<LaunchId>(), cookieHeader });
  expect(await askDrainState(config.gatewaySocket)).toEqual({ isDraining: false, sessions: 0 });
  expect(await open()).not.toMatchObject({ code: 'draining' });
  tell(gateway.child, { type: 'drain' });
  tell(gateway.child, { type: 'drain' });
  await expect.poll(() => askDrainState(config.gatewaySocket)).toEqual({ isDraining: true, sessions: 0 });
  expect(await open()).toEqual({ ok: false, code: 'draining' });
  expect((await ask(gateway, { path: '/api/ready' })).status).toBe(200);
});

it('reads the secrets of API_CLIENTS from a file of its own alone, and says what is wrong with any other', async () => {
  const path = join(folder, 'clients.json');
  const problem = async () => (await startGateway({ apiClientsPath: path })).first;
  expect(await problem()).toMatchObject({ type: 'failed', problem: expect.stringContaining('There is no file at') });
  await writeFile(path, '{}', { mode: 0o644 });
  expect(await problem()).toMatchObject({ problem: expect.stringContaining(`Run: chmod 600 '${path}'`) });
  await chmod(path, 0o600);
  await writeFile(path, '{"https://api.example": {"clientSecret": "s3cret"}}');
  const failed = await problem();
  expect(failed).toMatchObject({ problem: expect.stringContaining('(API_CLIENTS) cannot be used') });
  expect(JSON.stringify(failed)).not.toContain('s3cret');
  await writeFile(path, '{"https://api.example": {"clientId": "id", "clientSecret": "s3cret"}}');
  expect(await problem()).toMatchObject({ type: 'ready' });
});

it('says what is wrong with its keyring', async () => {
  const { first } = await startGateway({ keyringPath: join(folder, 'none.json') });
  expect(first).toEqual({ type: 'failed', problem: expect.stringContaining('There is no keyring at') });
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
    upgradeRequest(protocol, { origin, cookie: 'sallyport.session=garbage; __Host-sallyport.session=%00' });
  const unknown = randomBytes(32).toString('base64url');
  for (let round = 0; round < 20; round += 1)
    await sendRaw(gateway.port, Buffer.concat([randomBytes(300), Buffer.from('\r\n\r\n')]));
  expect(await sendRaw(gateway.port, upgrade(`sallyport.terminal.v1, ticket.${unknown}`))).toMatch(/^HTTP\/1\.1 401 /);
  expect(await sendRaw(gateway.port, upgrade('sallyport.terminal.v1, ticket.x'))).toMatch(/^HTTP\/1\.1 401 /);
  expect(await sendRaw(gateway.port, upgrade('x', 'https://evil.example'))).toMatch(/^HTTP\/1\.1 401 /);
  expect((await ask(gateway)).body).toBe('portal');
  expect(gateway.log()).not.toContain('"level":50');
});

it('lives on through garbage from somebody who holds a good ticket', async () => {
  const { gateway } = await startGateway();
  const { db } = database.connection;
  const person = await aPerson(db);
  const login = await aLogin(db, person);
  const cookie = `sallyport.session=${await encode({ token: { sid: login.id }, secret: config.authSecret })}`;
  const oversized = Buffer.alloc(14 + maxClientFrameBytes + 1);
  oversized.set([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1]);
  const openers = [
    Buffer.from([0x82, 0x02, 1, 2]), // unmasked
    oversized,
    Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]), // text, and not UTF-8
    Buffer.from([0x82, 0x80, 0, 0, 0, 0]), // an empty frame
    Buffer.from([0x82, 0x83, 0, 0, 0, 0, 3, 0x7b, 0x7b]), // control that is no JSON
    Buffer.from([0x82, 0x85, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), // a terminal of 65535 by 65535
    ...Array.from({ length: 10 }, () => randomBytes(50)),
  ];
  for (const bytes of openers) {
    const session = await aSession(db, { person, login });
    const ticket = randomBytes(32).toString('base64url');
    const hash = hashTicket(ticket);
    if (!hash) throw new Error('The ticket has another shape now.');
    const expiresAt = new Date(Date.now() + 30_000);
    await db.insert(tickets).values({ hash, sessionId: session.id, loginSessionId: login.id, expiresAt });
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined);
    socket.write(upgradeRequest(`sallyport.terminal.v1, ticket.${ticket}`, { cookie }));
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 101 /);
    const closed = once(socket.resume(), 'close');
    socket.end(bytes);
    await closed;
  }
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
