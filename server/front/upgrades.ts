import type { IncomingMessage } from 'node:http';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Outcome } from '../errors.ts';
import type { Redeemed, Redemption } from '../launch/redeem-ticket.ts';
import type { Log } from '../log.ts';
import { maxClientFrameBytes, terminalSubprotocol, ticketSubprotocolPrefix } from '../protocol/terminal-frames.ts';
import type { PublicOrigin } from './public-origin.ts';
import { isOwnWebSocket } from './same-origin.ts';

/** Where tickets of either kind are shown. */
const doors: ReadonlyMap<string, Redemption['door']> = new Map([
  ['/ws/terminal', 'terminal'],
  ['/ws/watch', 'watch'],
]);

export type UpgradeOptions = {
  ours: PublicOrigin;
  log: Log;
  redeem(input: Redemption): Promise<Outcome<Redeemed>>;
  attach(socket: WebSocket, redeemed: Redeemed): void;
  /** Development only: where Next's own reload socket is served. */
  hotReloadSocketPath?: string;
  /** Tickets being looked up at once; more are told to come back. */
  maxPending?: number;
};

export type Upgrades = {
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** No more WebSockets; those that run belong to whoever took them. */
  stop(): void;
};

/** The one listener for upgrades. A socket that does not come with a good ticket gets a plain HTTP answer and is closed. */
export function createUpgrades(options: UpgradeOptions): Upgrades {
  const { ours, log, maxPending = 64 } = options;
  const terminals = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxClientFrameBytes,
    // Compressed keystrokes would tell their content by their length, and a flood would cost the processor twice.
    perMessageDeflate: false,
    handleProtocols: () => terminalSubprotocol,
  });
  // Emitted instead of an answer of the library's own, for handshakes that are wrong in a way not checked below.
  terminals.on('wsClientError', (_err, socket) => refuseUpgrade(socket, 400));
  let pending = 0;
  let isStopped = false;

  type Attempt = { request: IncomingMessage; socket: Duplex; head: Buffer };

  async function openTerminal({ request, socket, head }: Attempt, door: Redemption['door']): Promise<void> {
    const ticket = isHandshake(request) ? ticketOf(request) : undefined;
    if (!isOwnWebSocket(request.headers, ours) || ticket === undefined) return refuseUpgrade(socket, 401);
    if (pending >= maxPending || isStopped) return refuseUpgrade(socket, 503);
    pending += 1;
    const outcome = await options.redeem({ ticket, cookieHeader: request.headers.cookie, door }).finally(() => {
      pending -= 1;
    });
    if (!outcome.ok) return refuseUpgrade(socket, outcome.code === 'unavailable' ? 503 : 401);
    terminals.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (err) => log.debug('A terminal socket failed', { err }));
      options.attach(webSocket, outcome.value);
    });
  }

  return {
    handle(request, socket, head) {
      socket.on('error', () => socket.destroy());
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const door = doors.get(path);
      if (door) {
        openTerminal({ request, socket, head }, door).catch((err) => {
          log.error('A terminal socket could not be opened', { err });
          refuseUpgrade(socket, 503);
        });
      } else if (options.hotReloadSocketPath !== undefined && path === '/_next/hmr') {
        passOn(request, socket, head, options.hotReloadSocketPath);
      } else {
        refuseUpgrade(socket, 404);
      }
    },
    stop() {
      isStopped = true;
      terminals.close();
    },
  };
}

/** The ticket among the offered subprotocols; nothing unless exactly our protocol and one well-formed ticket are offered. */
export function ticketOf(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const tickets = offered.filter((name) => name.startsWith(ticketSubprotocolPrefix));
  const ticket = tickets[0]?.slice(ticketSubprotocolPrefix.length) ?? '';
  const isExact = offered.length === 2 && tickets.length === 1 && offered.includes(terminalSubprotocol);
  return isExact && /^[A-Za-z0-9_-]{43}$/.test(ticket) ? ticket : undefined;
}

// Checked before the ticket is used up, so that a broken client may try again with it.
function isHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  );
}

const answers: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  503: 'Service Unavailable',
};

function refuseUpgrade(socket: Duplex, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.resume(); // what the client still sends must not keep its end open
  socket.end(`HTTP/1.1 ${status} ${answers[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    socket.destroy(),
  );
}

function passOn(request: IncomingMessage, socket: Duplex, head: Buffer, socketPath: string): void {
  const upstream = connectSocket(socketPath);
  upstream.on('error', () => socket.destroy());
  socket.on('close', () => upstream.destroy());
  upstream.on('close', () => socket.destroy());
  const lines = request.rawHeaders.reduce(
    (text, part, index) => text + part + (index % 2 === 0 ? ': ' : '\r\n'),
    `${request.method} ${request.url} HTTP/1.1\r\n`,
  );
  upstream.write(`${lines}\r\n`);
  upstream.write(head);
  upstream.pipe(socket).pipe(upstream);
}
