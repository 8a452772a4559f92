import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Log } from '../log.ts';
import { type Leaves, leafNameOf } from './certificates/authority.ts';
import { parseConnectTarget } from './endpoints/authority.ts';
import type { Endpoints } from './endpoints/endpoints.ts';
import { type HostMeaning, meaningOf } from './endpoints/host-meaning.ts';
import { type HostRefusal, hostRefusal } from './errors/host-refusals.ts';
import type { Arrival } from './handler.ts';
import { plainAnswer } from './refuse.ts';

export type ListenerOptions = {
  isOn(): boolean;
  endpoints: Endpoints;
  leaves: Leaves;
  handle(arrival: Arrival): Promise<void>;
  log: Log;
  limits?: Partial<ListenerLimits>;
};

export type ListenerLimits = {
  /** Connections from one address, and from all. */
  mostPerAddress: number;
  most: number;
  /** Without a request for so long a connection is closed: also one that never gets to its first. */
  waitMs: number;
};

const defaultLimits: ListenerLimits = { mostPerAddress: 512, most: 4096, waitMs: 75_000 };

export type ProxyListener = { readonly port: number; close(graceMs: number): Promise<void> };

/** A connection that was let through: what was asked for, and by whom. */
type Tunnel = { address: string; meaning: HostMeaning; waitingSince: number | undefined; socket: Socket };

const maxHeaderBytes = 64 * 1024;
/** No byte in either direction: a function may work for a quarter of an hour before it answers. */
const silenceMs = 20 * 60_000;

/**
 * Takes CONNECT for hosts of AWS, ends their TLS with leaves of our own, and hands what comes inside to the handler.
 * Nothing is resolved or dialled here, and nothing else is proxied.
 */
export async function listenForConnect(
  options: ListenerOptions,
  address: { host: string; port: number },
): Promise<ProxyListener> {
  const limits = { ...defaultLimits, ...options.limits };
  const tunnels = new WeakMap<object, Tunnel>();
  const open = new Map<Socket, Tunnel | undefined>();
  const inner = innerServer(options, tunnels);
  const outer = outerServer(options);
  outer.maxConnections = limits.most;
  outer.on('connection', (socket: Socket) => {
    open.set(socket, undefined);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
  });
  outer.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const peer = addressOf(socket);
    const fromThere = [...open.keys()].filter((one) => addressOf(one) === peer).length;
    const target = fromThere > limits.mostPerAddress ? 'too_many' : targetOf(options, request);
    if (typeof target === 'string') return refuse(socket, target);
    const tunnel = { address: peer, meaning: target, waitingSince: Date.now(), socket };
    open.set(socket, tunnel);
    endTls({ options, inner, tunnels, tunnel, head });
  });
  const sweep = setInterval(() => cutWaiting(open, limits.waitMs), Math.min(limits.waitMs, 5_000));
  sweep.unref();
  await new Promise<void>((resolve, reject) => {
    outer.once('error', reject);
    outer.listen(address.port, address.host, () => {
      outer.off('error', reject);
      resolve();
    });
  });
  outer.on('error', (err) => options.log.error('The listener of the AWS proxy failed', { err }));
  return {
    port: (outer.address() as AddressInfo).port,
    close: async (graceMs) => {
      clearInterval(sweep);
      const closed = new Promise<void>((resolve) => outer.close(() => resolve()));
      const cut = (tunnel: Tunnel | undefined, socket: Socket, isFinal: boolean) => {
        if (isFinal || !tunnel || tunnel.waitingSince !== undefined) socket.destroy();
      };
      for (const [socket, tunnel] of open) cut(tunnel, socket, false);
      const timer = setTimeout(() => {
        for (const [socket, tunnel] of open) cut(tunnel, socket, true);
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function outerServer({ log }: ListenerOptions): Server {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 1_000,
    connectionsCheckingInterval: 2_000,
    noDelay: true,
  });
  server.maxHeadersCount = 50;
  server.on('request', (request, response) => {
    const refusal = /^https?:\/\//i.test(request.url ?? '') ? 'absolute_form' : 'not_connect';
    answerOnce(response, refusal);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    log.debug('What came to the AWS proxy is no request', { code: error.code });
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    setTimeout(() => socket.destroy(), 1_000).unref();
  });
  return server;
}

function targetOf({ isOn, endpoints }: ListenerOptions, { url = '' }: IncomingMessage): HostMeaning | HostRefusal {
  if (!isOn()) return 'proxy_off';
  const target = parseConnectTarget(url);
  if (!target.ok) return target.problem;
  return meaningOf(target.host, endpoints) ?? 'not_aws';
}

function refuse(socket: Socket, refusal: HostRefusal): void {
  const { status, headers, body } = plainAnswer(hostRefusal(refusal));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}connection: close\r\n\r\n${body.toString()}`);
  setTimeout(() => socket.destroy(), 1_000).unref();
}

function answerOnce(response: ServerResponse, refusal: HostRefusal): void {
  const { status, headers, body } = plainAnswer(hostRefusal(refusal));
  response.writeHead(status, { ...headers, allow: 'CONNECT', connection: 'close' }).end(body);
}

type Ending = {
  options: ListenerOptions;
  inner: Server;
  tunnels: WeakMap<object, Tunnel>;
  tunnel: Tunnel;
  head: Buffer;
};

/** The name in TLS must be the one of CONNECT; without a name there is no certificate to show. */
function endTls({ options, inner, tunnels, tunnel, head }: Ending): void {
  const { socket, meaning } = tunnel;
  const { host, bucket } = meaning;
  const context = options.leaves.contextFor(leafNameOf(host, bucket));
  socket.setKeepAlive(true, 30_000);
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  if (head.length > 0) socket.unshift(head);
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => {
      if (name.toLowerCase() === host) done(null, context);
      else done(new Error('The name in TLS is not the one of CONNECT.'));
    },
  });
  tls.on('error', (error) => {
    options.log.debug('TLS with a client of the AWS proxy ended', { code: (error as NodeJS.ErrnoException).code });
    socket.destroy();
  });
  tls.once('close', () => socket.destroy());
  tls.once('secure', () => {
    const named: unknown = tls.servername;
    if (typeof named !== 'string' || named.toLowerCase() !== host) {
      socket.destroy();
      return;
    }
    tunnels.set(tls, tunnel);
    inner.emit('connection', tls);
  });
}

function innerServer({ handle, log }: ListenerOptions, tunnels: WeakMap<object, Tunnel>): Server {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    noDelay: true,
  });
  server.timeout = silenceMs;
  server.maxHeadersCount = 200;
  const serve = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const tunnel = tunnels.get(request.socket);
    if (!tunnel) return void request.socket.destroy();
    tunnel.waitingSince = undefined;
    request.on('error', () => undefined); // an upload that was cut; the answer's `close` tells whoever cares
    response.on('error', (err) => log.debug('An answer could not be written', { err }));
    response.once('close', () => {
      tunnel.waitingSince = Date.now();
    });
    const { address, meaning } = tunnel;
    void handle({ request, response, route: 'proxy', address, meaning, awaitsContinue });
  };
  server.on('request', serve(false));
  server.on('checkContinue', serve(true));
  server.on('clientError', (_error, socket: Duplex) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    setTimeout(() => socket.destroy(), 1_000).unref();
  });
  return server;
}

function cutWaiting(open: ReadonlyMap<Socket, Tunnel | undefined>, waitMs: number): void {
  const now = Date.now();
  for (const [socket, tunnel] of open) {
    if (tunnel?.waitingSince !== undefined && now - tunnel.waitingSince > waitMs) socket.destroy();
  }
}

// A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
function addressOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
