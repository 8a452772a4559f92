import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Log } from '../../log.ts';
import { createClientReader } from '../client-address.ts';
import { createFront, type FrontOptions } from '../front.ts';
import type { HealthReport } from '../health.ts';
import { type HttpLimits, type Listener, listenHttp } from '../http-server.ts';
import { createPortalProxy, type PortalProxyOptions } from '../portal-proxy.ts';
import { type PublicOrigin, publicOriginOf } from '../public-origin.ts';
import { createUpgrades, type UpgradeOptions } from '../upgrades.ts';

export type RunningFront = AsyncDisposable & {
  port: number;
  ours: PublicOrigin;
  /** Errors that reached the log, which nothing a client sends may cause. */
  errors: string[];
  listener: Listener;
};

export type FrontParts = {
  portal?: RequestListener;
  publicUrl?: string;
  trustProxy?: string[];
  limits?: Partial<HttpLimits>;
  proxy?: Partial<PortalProxyOptions>;
  upgrades?: Partial<UpgradeOptions>;
  report?: HealthReport;
} & Partial<
  Pick<
    FrontOptions,
    | 'metrics'
    | 'readRecording'
    | 'proveRecording'
    | 'readPicture'
    | 'exportAudit'
    | 'exemptions'
    | 'dev'
    | 'aws'
    | 'launch'
    | 'identityDoor'
  >
>;

export const healthy: HealthReport = {
  status: 'ok',
  database: 'ok',
  recorder: 'ok',
  disk: { freeBytes: 5e9, freeRatio: 0.5, low: false },
  children: [{ name: 'portal', state: 'ready', restarts: 0 }],
};

/** The whole front on a loopback port, before a small real upstream on a Unix socket (none when `portal` is left out). */
export async function runFront(parts: FrontParts = {}): Promise<RunningFront> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-front-'));
  const socketPath = join(folder, 'portal.sock');
  const upstream = createServer(parts.portal ?? (() => undefined));
  if (parts.portal) await new Promise<void>((resolve) => upstream.listen(socketPath, resolve));
  const ours = publicOriginOf(parts.publicUrl ?? 'http://gateway.test');
  const errors: string[] = [];
  const log = logInto(errors);
  const portal = createPortalProxy({ socketPath, ours, log, ...parts.proxy });
  const upgrades = createUpgrades({
    ours,
    log,
    redeem: async () => ({ ok: false, code: 'ticket_invalid' }),
    attach: (socket) => socket.terminate(),
    ...parts.upgrades,
  });
  const onRequest = createFront({
    ours,
    dev: parts.dev ?? false,
    log,
    readClient: createClientReader(parts.trustProxy ?? []),
    health: {
      report: async () => parts.report ?? healthy,
      isReady: async () => (parts.report ?? healthy).status === 'ok',
    },
    metrics: parts.metrics ?? (async (_request, response) => void response.end('metrics')),
    readRecording: parts.readRecording ?? (async (_request, response) => void response.end('recording')),
    proveRecording: parts.proveRecording ?? (async (_request, response) => void response.end('proof')),
    readPicture: parts.readPicture ?? (async (_request, response) => void response.end('picture')),
    exportAudit: parts.exportAudit ?? (async (_request, response) => void response.end('export')),
    portal,
    aws: parts.aws ?? { forward: (_request, response) => void response.end('aws') },
    launch: parts.launch ?? (async ({ response }) => void response.end('launch')),
    identityDoor: parts.identityDoor ?? (() => true),
    exemptions: parts.exemptions,
  });
  const listener = await listenHttp(
    { tls: null, onRequest, onUpgrade: upgrades.handle, log, limits: parts.limits },
    { host: '127.0.0.1', port: 0 },
  );
  return {
    port: listener.port,
    ours,
    errors,
    listener,
    async [Symbol.asyncDispose]() {
      upgrades.stop();
      await listener.close(0);
      portal.close();
      upstream.closeAllConnections();
      upstream.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function logInto(errors: string[]): Log {
  const drop = () => undefined;
  return {
    debug: drop,
    info: drop,
    warn: drop,
    error: (msg, fields) => errors.push(`${msg} ${fields?.err instanceof Error ? fields.err.stack : ''}`),
  };
}

export type Ask = { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string };
export type Answer = { status: number; headers: IncomingMessage['headers']; body: string };

/** One request over a connection of its own. `Host` is the public one unless given. */
export async function ask(front: Pick<RunningFront, 'port' | 'ours'>, wish: Ask = {}): Promise<Answer> {
  const answer = await begin(front, wish);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
}

/** As `ask`, but with the body of the answer still to come. */
export function begin(front: Pick<RunningFront, 'port' | 'ours'>, wish: Ask = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path = '/', headers = {}, body } = wish;
    const request = httpRequest({
      host: '127.0.0.1',
      port: front.port,
      method,
      path,
      headers: { host: front.ours.host, ...headers },
      agent: false,
    });
    request.on('response', resolve).on('error', reject).end(body);
  });
}

/** Sends raw bytes and gives back all that came until the other side closed. */
export function sendRaw(port: number, bytes: string | Uint8Array, { andEnd = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined); // a reset is one of the right answers to garbage
    socket.on('close', () => resolve(received));
    if (andEnd) socket.end(bytes);
    else socket.write(bytes);
  });
}

export type Deferred<T> = { promise: Promise<T>; resolve(value: T): void };

/** A promise and the function that fulfils it; Node 20 has no `Promise.withResolvers`. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
