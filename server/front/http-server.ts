import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../log.ts';

/** Where a client's patience with us, or ours with it, ends. */
export type HttpLimits = {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  keepAliveTimeoutMs: number;
  maxHeaderBytes: number;
  maxConnections: number;
};

const defaultHttpLimits: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 20_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 4096,
};

export type HttpServerOptions = {
  /** PEM texts; `null` serves plain http. */
  tls: { cert: string; key: string } | null;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  log: Log;
  limits?: Partial<HttpLimits>;
};

export type Listener = {
  readonly port: number;
  /** Takes no more connections, lets running answers finish for `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
};

/** Listens for HTTP or HTTPS and answers what is not HTTP by itself. Rejects when the address cannot be had. */
export async function listenHttp(
  options: HttpServerOptions,
  address: { host: string; port: number },
): Promise<Listener> {
  const server = makeServer(options);
  const sockets = trackSockets(server);
  guard(server, options);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (err) => options.log.error('The listener failed', { err }));
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => closeServer(server, sockets, graceMs),
  };
}

function makeServer({ tls, limits }: HttpServerOptions): Server {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, maxHeaderBytes, maxConnections } = {
    ...defaultHttpLimits,
    ...limits,
  };
  const settings = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // How often Node looks for the slow: often enough that the limits above mean what they say.
    connectionsCheckingInterval: Math.min(headersTimeoutMs, 2_000),
    maxHeaderSize: maxHeaderBytes,
    insecureHTTPParser: false,
    noDelay: true,
  };
  const server = tls
    ? createTlsServer({ ...settings, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: headersTimeoutMs })
    : createServer(settings);
  server.maxHeadersCount = 100;
  server.maxConnections = maxConnections;
  return server;
}

function guard(server: Server, { onRequest, onUpgrade, log }: HttpServerOptions): void {
  server.on('request', (request, response) => {
    request.on('error', () => undefined); // an aborted upload; the answer's `close` tells whoever cares
    response.on('error', (err) => log.debug('An answer could not be written', { err }));
    onRequest(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    onUpgrade(request, socket, head);
  });
  // A proxy request (CONNECT) has no meaning here.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(statusOnly(405));
  });
  server.on('clientError', answerClientError);
  server.on('tlsClientError', (err) => log.debug('A TLS handshake failed', { err }));
}

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Without an 'error' listener of ours, the write below could end the process.
  socket.on('error', () => socket.destroy());
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(statusOnly(clientErrorStatuses[error.code ?? ''] ?? 400), () => socket.destroy());
  // An unfinished TLS handshake takes no words, and some clients take none either.
  setTimeout(() => socket.destroy(), lastWordsMs).unref();
}

const lastWordsMs = 1_000;

const clientErrorStatuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const reasons: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

function statusOnly(status: number): string {
  return `HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}

// Node forgets sockets that were upgraded, yet waits for them when it closes.
function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function closeServer(server: Server, sockets: Set<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  await closed;
  clearTimeout(cut);
}
