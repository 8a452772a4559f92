// Contract: one listener takes every upgrade. Only our own page (exact `Origin`) with a well-formed ticket that was
// redeemed a moment ago reaches `attach`; everything else gets a plain 401 or 404 on the socket. Whatever bytes arrive,
// before or after the upgrade, cost the sender its own socket and nobody else anything.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Outcome } from '../errors.ts';
import type { Redeemed, Redemption } from '../launch/redeem-ticket.ts';
import { encodeResize, maxClientFrameBytes, terminalSubprotocol } from '../protocol/terminal-frames.ts';
import { ask, type Deferred, deferred, type RunningFront, runFront, sendRaw } from './testing/running-front.ts';
import { ticketOf } from './upgrades.ts';

const ticket = 'A'.repeat(43);
const authorized = { purpose: 'open', authorized: { sessionId: 'session' } } as unknown as Redeemed;

let front: RunningFront;
let redeemed: Redemption[];
let attached: WebSocket[];
let messages: Uint8Array[];
let nextAttached: Deferred<WebSocket>;
let answer: () => Promise<Outcome<Redeemed>>;

beforeAll(async () => {
  front = await runFront({
    portal: (_request, response) => response.end('portal'),
    upgrades: {
      maxPending: 3,
      redeem: (input) => {
        redeemed.push(input);
        return answer();
      },
      attach: (socket) => {
        attached.push(socket);
        socket.on('message', (data: Buffer) => messages.push(new Uint8Array(data)));
        nextAttached.resolve(socket);
      },
    },
  });
});
beforeEach(() => {
  redeemed = [];
  attached = [];
  messages = [];
  nextAttached = deferred<WebSocket>();
  answer = async () => ({ ok: true, value: authorized });
});
afterAll(async () => {
  for (const socket of attached) socket.terminate();
  await front[Symbol.asyncDispose]();
});

type Handshake = { path?: string; method?: string; head?: string } & Record<string, string | undefined>;

/** A handshake as a browser writes it, with fields replaced or (by `undefined`) left out. */
function handshake({ path = '/ws/terminal', method = 'GET', ...fields }: Handshake = {}): string {
  const all: Record<string, string | undefined> = {
    Host: 'gateway.test',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    Origin: front.ours.origin,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': `${terminalSubprotocol}, ticket.${ticket}`,
    ...fields,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined);
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** An upgraded raw socket, to write any bytes at all into. */
async function upgraded(): Promise<{ socket: Socket; server: WebSocket }> {
  const socket = connect(front.port, '127.0.0.1').on('error', () => undefined);
  socket.write(handshake());
  const server = await nextAttached.promise;
  await once(socket, 'data');
  return { socket, server };
}

// `once` would reject on the 'error' that comes first.
const closeOf = (socket: WebSocket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));

const stillServes = async () => expect((await ask(front)).body).toBe('portal');

describe('a good handshake', () => {
  it('is answered with our subprotocol alone, without compression, and hands over what was redeemed', async () => {
    const client = new WebSocket(
      `ws://127.0.0.1:${front.port}/ws/terminal`,
      [terminalSubprotocol, `ticket.${ticket}`],
      { origin: front.ours.origin, headers: { host: 'gateway.test', cookie: 'sallyport.session=x' } },
    );
    await once(client, 'open');
    expect(client.protocol).toBe(terminalSubprotocol);
    expect(client.extensions).toBe('');
    expect(redeemed).toEqual([{ ticket, cookieHeader: 'sallyport.session=x', door: 'terminal' }]);
    const server = await nextAttached.promise;
    client.send(encodeResize(80, 24));
    await once(server, 'message');
    expect(messages).toEqual([encodeResize(80, 24)]);
    client.terminate();
    await closeOf(server);
  });

  it('tells at which door it was shown', async () => {
    const socket = connect(front.port, '127.0.0.1').on('error', () => undefined);
    socket.write(handshake({ path: '/ws/watch' }));
    await nextAttached.promise;
    expect(redeemed).toMatchObject([{ ticket, door: 'watch' }]);
    socket.destroy();
  });

  it('keeps frames that came in the same packet', async () => {
    const socket = connect(front.port, '127.0.0.1').on('error', () => undefined);
    // A masked binary frame of two bytes, the mask all zeros.
    socket.write(Buffer.concat([Buffer.from(handshake()), Buffer.from([0x82, 0x82, 0, 0, 0, 0, 7, 8])]));
    await nextAttached.promise;
    await expect.poll(() => messages).toEqual([new Uint8Array([7, 8])]);
    socket.destroy();
  });
});

describe('a wrong handshake', () => {
  const protocol = 'Sec-WebSocket-Protocol';
  it.each<[string, Handshake, number]>([
    ['no origin (not a browser)', { Origin: undefined }, 401],
    ['the origin of another site', { Origin: 'https://evil.example' }, 401],
    ['a null origin', { Origin: 'null' }, 401],
    ['our name by https', { Origin: 'https://gateway.test' }, 401],
    ['no subprotocol', { [protocol]: undefined }, 401],
    ['no ticket', { [protocol]: terminalSubprotocol }, 401],
    ['a ticket without our protocol', { [protocol]: `ticket.${ticket}` }, 401],
    ['two tickets', { [protocol]: `${terminalSubprotocol}, ticket.${ticket}, ticket.${ticket}` }, 401],
    ['a short ticket', { [protocol]: `${terminalSubprotocol}, ticket.${ticket.slice(1)}` }, 401],
    ['a long ticket', { [protocol]: `${terminalSubprotocol}, ticket.${ticket}A` }, 401],
    ['a ticket of other letters', { [protocol]: `${terminalSubprotocol}, ticket.${'%'.repeat(43)}` }, 401],
    ['SQL in the ticket', { [protocol]: `${terminalSubprotocol}, ticket.' or 1=1 --` }, 401],
    ['an empty ticket', { [protocol]: `${terminalSubprotocol}, ticket.` }, 401],
    ['a huge list of protocols', { [protocol]: 'a,'.repeat(6_000) }, 401],
    ['the ticket in the URL', { path: `/ws/terminal?ticket=${ticket}`, [protocol]: terminalSubprotocol }, 401],
    ['an old version', { 'Sec-WebSocket-Version': '8' }, 401],
    ['no version', { 'Sec-WebSocket-Version': undefined }, 401],
    ['no key', { 'Sec-WebSocket-Key': undefined }, 401],
    ['a bad key', { 'Sec-WebSocket-Key': 'short' }, 401],
    ['POST', { method: 'POST', 'Content-Length': '0' }, 401],
    ['another upgrade', { Upgrade: 'h2c' }, 401],
    ['another path', { path: '/ws/other' }, 404],
    ['the root', { path: '/' }, 404],
    ['a path that climbs', { path: '/ws/../ws/terminal' }, 404],
    ['a trailing slash', { path: '/ws/terminal/' }, 404],
    ['an encoded path', { path: '/ws/%74erminal' }, 404],
    ['an absolute target', { path: 'http://gateway.test/ws/terminal' }, 404],
    ['Next’s reload socket, outside development', { path: '/_next/hmr' }, 404],
  ])('%s gets its answer and spends no ticket', async (_title, fields, status) => {
    expect(await sendRaw(front.port, handshake(fields))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(redeemed).toEqual([]);
    expect(attached).toEqual([]);
  });

  it.each(['ticket_invalid', 'not_signed_in', 'no_grant', 'not_found', 'session_ended', 'forbidden'] as const)(
    'a ticket refused as %s gets 401: the reason stays inside',
    async (code) => {
      answer = async () => ({ ok: false, code });
      expect(await sendRaw(front.port, handshake())).toBe(
        'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
      expect(attached).toEqual([]);
    },
  );

  it('a database that fails gives 503, not a crash', async () => {
    answer = () => Promise.reject(new Error('database is down'));
    expect(await sendRaw(front.port, handshake())).toMatch(/^HTTP\/1\.1 503 /);
    expect(front.errors.splice(0)).toHaveLength(1);
  });
});

describe('too much at once', () => {
  it('more tickets than are looked up at once are told to come back, and places are given back', async () => {
    const release = deferred();
    answer = async () => {
      await release.promise;
      return { ok: false, code: 'ticket_invalid' };
    };
    const waiting = [1, 2, 3].map(() => sendRaw(front.port, handshake()));
    await expect.poll(() => redeemed.length).toBe(3);
    expect(await sendRaw(front.port, handshake())).toMatch(/^HTTP\/1\.1 503 /);
    release.resolve();
    for (const text of await Promise.all(waiting)) expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(await sendRaw(front.port, handshake())).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('a browser that leaves while its ticket is looked up is not attached', async () => {
    const release = deferred();
    answer = async () => {
      await release.promise;
      return { ok: true, value: authorized };
    };
    const socket = connect(front.port, '127.0.0.1');
    socket.write(handshake());
    await expect.poll(() => redeemed.length).toBe(1);
    socket.resetAndDestroy();
    await once(socket, 'close');
    await stillServes(); // the reset has been read by now
    release.resolve();
    await stillServes();
    expect(attached).toEqual([]);
  });
});

describe('garbage after the upgrade', () => {
  const oversized = Buffer.alloc(10);
  oversized[0] = 0x82;
  oversized[1] = 0xff;
  oversized.writeBigUInt64BE(BigInt(maxClientFrameBytes) + 1n, 2);

  it.each<[string, Buffer]>([
    ['an unmasked frame', Buffer.from([0x82, 0x02, 1, 2])],
    ['a frame one byte too large', oversized],
    ['a frame that claims 8 EiB', Buffer.from([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255])],
    ['reserved bits', Buffer.from([0xf2, 0x80, 0, 0, 0, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['a fragmented control frame', Buffer.from([0x09, 0x80, 0, 0, 0, 0])],
    ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0])],
    ['a long control frame', Buffer.from([0x89, 0xfe, 0, 200, 0, 0, 0, 0])],
    ['text that is not UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28])],
    ['a close code that does not exist', Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe7])],
    ['compressed data that was not agreed', Buffer.from([0xc2, 0x81, 0, 0, 0, 0, 0])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n')],
  ])('%s closes that socket', async (_title, bytes) => {
    const { socket, server } = await upgraded();
    const closed = closeOf(server);
    socket.write(bytes);
    await closed;
    socket.destroy();
    expect(messages).toEqual([]);
    await stillServes();
  });

  it('many frames that together are too large are one message too many', async () => {
    const { socket, server } = await upgraded();
    const closed = closeOf(server);
    const fragment = Buffer.alloc(8 + 60_000);
    fragment.set([0x02, 0xfe, 60_000 >> 8, 60_000 & 255]);
    socket.write(fragment);
    fragment[0] = 0x00;
    socket.write(fragment);
    await closed;
    socket.destroy();
    expect(messages).toEqual([]);
  });

  it('random bytes, a hundred times', async () => {
    for (let round = 0; round < 100; round += 1) {
      nextAttached = deferred<WebSocket>();
      const { socket, server } = await upgraded();
      const closed = closeOf(server);
      socket.end(randomBytes(1 + (round % 64)));
      await closed;
      socket.destroy();
    }
    await stillServes();
    expect(front.errors).toEqual([]);
  });
});

describe('the ticket among the subprotocols', () => {
  it('is found whatever the order and spaces', () => {
    const offer = (text: string) => ticketOf({ headers: { 'sec-websocket-protocol': text } });
    expect(offer(`ticket.${ticket},${terminalSubprotocol}`)).toBe(ticket);
    expect(offer(`${terminalSubprotocol} ,  ticket.${ticket}`)).toBe(ticket);
    expect(offer(`${terminalSubprotocol}, ticket.${ticket}, other`)).toBeUndefined();
  });
});

describe('in development', () => {
  it('Next’s reload socket is passed on, and ends with either side', async () => {
    const upstreamClosed = deferred();
    await using behind = await runFrontWithReload(() => upstreamClosed.resolve());
    const socket = connect(behind.port, '127.0.0.1');
    socket.write(handshake({ path: '/_next/hmr?id=1', 'Sec-WebSocket-Protocol': undefined }));
    const [first] = await once(socket, 'data');
    expect(String(first)).toContain('101 Switching Protocols');
    expect(String(first)).toContain('X-Target: /_next/hmr?id=1');
    socket.destroy();
    await upstreamClosed.promise;
  });
});

async function runFrontWithReload(onClose: () => void): Promise<AsyncDisposable & { port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-reload-'));
  const hotReloadSocketPath = join(folder, 'next.sock');
  const next = createServer();
  next.on('upgrade', (request, socket) => {
    socket.on('close', onClose).on('error', () => undefined);
    socket.on('end', () => socket.end()).resume();
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Target: ${request.url}\r\n\r\n`);
  });
  await new Promise<void>((resolve) => next.listen(hotReloadSocketPath, resolve));
  const running = await runFront({ upgrades: { hotReloadSocketPath } });
  return {
    port: running.port,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      next.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
