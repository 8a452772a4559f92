/**
 * Whatever bytes arrive at a socket of the built program, it goes on: the same processes as before, a session that runs
 * beside it undisturbed, and nothing but plain refusals for an answer. Tried on HTTP, on the upgrade, on WebSockets that
 * were opened with a good ticket, and on the sockets between the processes.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Browser } from '../server/live/testing/browser.ts';
import { terminalSubprotocol, ticketSubprotocolPrefix } from '../server/protocol/terminal-frames.ts';
import type { ChildName } from './stack.ts';
import { expect, type House, test } from './test.ts';
import { type FrameOptions, frame, RawSocket, type Upgrade, upgradeRequest } from './testbed/raw-socket.ts';
import type { Visitor } from './testbed/visitor.ts';

const names: ChildName[] = ['gateway', 'portal', 'postgres', 'sshd'];
const host = '127.0.0.1';

let visitor: Visitor;
let computerGuid: string;
let witness: Browser;
let before: number[];
let slow: RawSocket[];

async function pids({ stack }: House): Promise<number[]> {
  return Promise.all(names.map((name) => stack.childPid(name)));
}

test.beforeAll(async ({ house }) => {
  const { admin, hosts, stack } = house;
  const person = await admin.person();
  const computer = await admin.computer(hosts.open);
  await admin.grant(person, computer);
  computerGuid = computer.guid;
  visitor = await house.visitor(person);
  witness = (await visitor.open(computer.guid)).terminal;
  before = await pids(house);
  // Headers that never end, one byte at a time at best; they are looked at again in the last test.
  slow = await Promise.all(Array.from({ length: 20 }, () => RawSocket.open({ host, port: stack.port })));
  for (const socket of slow) socket.send('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
});

test.afterEach(async ({ house }) => {
  expect(await pids(house), 'the same processes as before').toEqual(before);
  const word = randomBytes(4).toString('hex');
  witness.type(`echo ${word.slice(0, 4)}"${word.slice(4)}"\n`);
  await witness.saw(word);
  expect(await (await fetch(`${house.stack.baseUrl}/api/ready`)).json()).toEqual({ ready: true });
});

test('bytes that are no HTTP, and HTTP that is too much', async ({ house }) => {
  const { port } = house.stack;
  const attempts: (string | Uint8Array)[] = [
    randomBytes(64 * 1024),
    '\0\0\0\0\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', // the begin of a TLS handshake
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    `GET /${'a'.repeat(200_000)} HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: localhost:${port}\r\nX: ${'b'.repeat(200_000)}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${Array.from({ length: 5_000 }, (_, at) => `X-${at}: 1\r\n`).join('')}\r\n`,
    `POST / HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: http://localhost:${port}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx`,
    `GET http://user:pass@[::1]:bad/ HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n',
    `GET /..%2f..%2fetc/passwd\0 HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    `BREW / HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
  ];
  for (const bytes of attempts) {
    const raw = await RawSocket.open({ host, port });
    raw.send(bytes).socket.end();
    await raw.closed;
    expect(raw.text).toMatch(/^(HTTP\/1\.1 (400|403|404|405|408|413|414|421|426|431|501|505) |$)/);
  }
});

test('requests to the portal that its pages would never make', async ({ house }) => {
  const { baseUrl } = house.stack;
  const post = (path: string, headers: Record<string, string>, body: BodyInit) =>
    fetch(`${baseUrl}${path}`, { method: 'POST', headers: { origin: baseUrl, ...headers }, body, redirect: 'manual' });
  const cookie = visitor.cookie;
  const text = { 'content-type': 'text/plain;charset=UTF-8', cookie };
  const answers = await Promise.all([
    post('/', { ...text, 'next-action': '../../etc/passwd' }, '[]'),
    post('/', { ...text, 'next-action': 'f'.repeat(42) }, '[{"computerGuid":"$1"}]'),
    post('/', { 'next-action': '40'.repeat(21), 'content-type': 'multipart/form-data; boundary=x', cookie }, '--x\r\n'),
    post('/', { ...text, 'next-action': '0' }, randomBytes(100_000)),
    post('/', { ...text, 'next-router-state-tree': '%7B', rsc: '1' }, ''),
    post('/api/auth/callback/credentials', { 'content-type': 'application/json' }, '{"email":'),
    post('/api/auth/callback/credentials', {}, randomBytes(10_000)),
    post('/api/auth/signout', { cookie: 'sallyport.session=%00%ff; '.repeat(100) }, ''),
    fetch(`${baseUrl}/sessions/%00`, { headers: { cookie } }),
    fetch(`${baseUrl}/sessions?cursor=${encodeURIComponent('{"\u0000"')}&q=%00`, { headers: { cookie } }),
    fetch(`${baseUrl}/api/recordings/..%2f..%2f/typescript`, { headers: { cookie } }),
    fetch(baseUrl, { headers: { cookie: `sallyport.session=${'a'.repeat(8_000)}` }, redirect: 'manual' }),
  ]);
  for (const answer of answers) await answer.arrayBuffer();
  expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
});

test('upgrades that are wrong in every way, and tickets of every wrong kind', async ({ house }) => {
  const { port } = house.stack;
  const ticket = randomBytes(32).toString('base64url');
  const offer = (text: string) => `${terminalSubprotocol}, ${ticketSubprotocolPrefix}${text}`;
  const { cookie } = visitor;
  const attempts: Upgrade[] = [
    { cookie },
    { cookie, protocols: '' },
    { cookie, protocols: terminalSubprotocol },
    ...['', 'a', `${ticket}a`, ticket.slice(1), '='.repeat(43), 'ä'.repeat(43), `${ticket},${ticket}`].map((text) => ({
      cookie,
      protocols: offer(text),
    })),
    { cookie, protocols: offer(ticket) },
    { protocols: offer(ticket) },
    { cookie: 'sallyport.session=garbage', protocols: offer(ticket) },
    { cookie: `sallyport.session=${randomBytes(6_000).toString('base64url')}`, protocols: offer(ticket) },
    { cookie, protocols: `${ticketSubprotocolPrefix}${ticket}` },
    { cookie, protocols: `${offer(ticket)}, ${ticketSubprotocolPrefix}${ticket}` },
    { cookie, protocols: offer(ticket), origin: 'http://evil.example' },
    { cookie, protocols: offer(ticket), version: '8' },
    { cookie, protocols: offer(ticket), version: 'x' },
    { cookie, protocols: offer(ticket), key: 'short' },
    { cookie, protocols: offer(ticket), key: '' },
    { cookie, protocols: offer(ticket), path: '/ws/other' },
    { cookie, protocols: offer(ticket), path: '/_next/hmr' },
    { cookie, protocols: offer(ticket), path: `/ws/terminal?${'a'.repeat(4_000)}` },
    { cookie, protocols: offer(ticket), method: 'POST', extra: ['Content-Length: 3', '', 'abc'] },
    { cookie, protocols: offer(ticket), extra: ['Sec-WebSocket-Extensions: permessage-deflate; x="'] },
  ];
  for (const attempt of attempts) {
    const raw = await RawSocket.open({ host, port });
    raw.send(upgradeRequest(port, attempt)).send(randomBytes(2_000));
    await raw.closed;
    expect(raw.text, JSON.stringify(attempt)).toMatch(/^HTTP\/1\.1 (400|401|404|405|431|503) /);
  }
});

test('frames of every wrong kind on a socket with a good ticket', async ({ house }) => {
  const attempts: [string, (Buffer | Uint8Array)[]][] = [
    ['random bytes', [randomBytes(4_000)]],
    ['an unmasked frame', [frame(randomBytes(10), { masked: false })]],
    ['a frame that claims 8 EiB', [frame(randomBytes(10), { claim: 2n ** 63n })]],
    ['a frame that claims 100 MB', [frame(randomBytes(10), { claim: 100_000_000n })]],
    ['a frame over the limit', [resize(), frame(randomBytes(70_000))]],
    ['reserved bits', [frame(resizeBytes(), { reserved: 7 })]],
    ['a reserved opcode', [frame(Buffer.alloc(3), { opcode: 11 })]],
    ['text', [frame(Buffer.from('hello'), { opcode: 1 })]],
    ['text that is no UTF-8', [frame(Buffer.from([0xff, 0xfe]), { opcode: 1 })]],
    ['a continuation of nothing', [frame(Buffer.from('x'), { opcode: 0 })]],
    ['a new message inside another', [frame(resizeBytes(), { final: false }), frame(Buffer.from('x'))]],
    ['a ping in pieces', [frame(Buffer.from('x'), { opcode: 9, final: false })]],
    ['a ping that is too long', [frame(randomBytes(200), { opcode: 9 })]],
    ['a close with a bad code', [frame(Buffer.from([0, 1]), { opcode: 8 })]],
    ['a close that is no UTF-8', [frame(Buffer.from([3, 232, 0xff]), { opcode: 8 })]],
    ['fragments beyond the limit', [...fragments(40, 4_000)]],
    ['an empty message', [frame(Buffer.alloc(0))]],
    ['keys before the size', [frame(Buffer.from([0, 120]))]],
    ['an impossible size', [frame(Buffer.from([1, 0, 0, 0, 0]))]],
    ['an acknowledgement of what was never sent', [resize(), frame(Buffer.from([2, 0x43, 0x3f, 0, 0, 0, 0, 0, 0]))]],
    ['an acknowledgement of NaN', [resize(), frame(Buffer.from([2, ...Array(8).fill(0xff)]))]],
    ['a control message that is no JSON', [resize(), frame(Buffer.from([3, 0x7b]))]],
    ['an unknown control message', [resize(), frame(Buffer.from('\x03{"type":"__proto__"}'))]],
    ['an unknown type', [resize(), frame(Buffer.from([99, 1, 2, 3]))]],
  ];
  const outcomes = await inTurns(attempts, 12, async ([what, frames]) => {
    const raw = await openRaw(house);
    for (const bytes of frames) raw.send(bytes);
    await raw.closed;
    return `${what}: closed`;
  });
  expect(outcomes).toEqual(attempts.map(([what]) => `${what}: closed`));
});

test('a thousand random frames, and sockets that are dropped in the middle of one', async ({ house }) => {
  for (let round = 0; round < 10; round += 1) {
    const raw = await openRaw(house);
    raw.send(resize());
    for (let count = 0; count < 100; count += 1) {
      const payload = Buffer.concat([Buffer.from([count % 7]), randomBytes(count * 3)]);
      raw.send(frame(payload, { final: count % 5 !== 0, opcode: count % 5 === 1 ? 0 : 2 } satisfies FrameOptions));
    }
    const whole = frame(randomBytes(1_000));
    raw.send(whole.subarray(0, whole.length / 2));
    if (round % 2 === 0) raw.socket.resetAndDestroy();
    else raw.destroy();
    await raw.closed;
  }
});

test('the sockets between the processes', async ({ house }) => {
  const path = join(house.stack.dataDir, 'run', 'portal.sock');
  for (const bytes of [
    randomBytes(20_000),
    'GET / HTTP/1.1\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(100_000)}\r\n\r\n`,
  ]) {
    const raw = await RawSocket.open({ path });
    raw.send(bytes).socket.end();
    await raw.closed;
  }
  // The portal takes no upgrades and does not answer one; the gateway never passes one on.
  const upgrade = await RawSocket.open({ path });
  await new Promise((sent) => upgrade.socket.write(upgradeRequest(house.stack.port, {}) + randomBytes(2_000), sent));
  upgrade.destroy();
});

test('headers that never end are cut off', async () => {
  for (const socket of slow) socket.send('x');
  await Promise.all(slow.map((socket) => socket.closed));
  for (const { text } of slow) expect(text).toMatch(/^(HTTP\/1\.1 408 |$)/);
});

/** A WebSocket by hand: its ticket was good, its handshake is done, and nothing was sent on it. */
async function openRaw(house: House): Promise<RawSocket> {
  const { port } = house.stack;
  const ticket = await visitor.ticket(await visitor.request(computerGuid));
  const protocols = `${terminalSubprotocol}, ${ticketSubprotocolPrefix}${ticket}`;
  const raw = await RawSocket.open({ host, port });
  raw.send(upgradeRequest(port, { cookie: visitor.cookie, protocols }));
  await raw.saw('\r\n\r\n');
  expect(raw.text).toContain('101 Switching Protocols');
  return raw;
}

function resizeBytes(): Buffer {
  return Buffer.from([1, 0, 80, 0, 24]);
}

function resize(): Buffer {
  return frame(resizeBytes());
}

function fragments(count: number, bytes: number): Buffer[] {
  return Array.from({ length: count }, (_, at) =>
    frame(randomBytes(bytes), { opcode: at === 0 ? 2 : 0, final: at === count - 1 }),
  );
}

/** Runs `work` over all items, `width` at a time, and answers in their order. */
async function inTurns<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += width) {
    results.push(...(await Promise.all(items.slice(from, from + width).map(work))));
  }
  return results;
}
