/**
 * Contract: whatever an identity API elsewhere answers, the question comes to an end soon: bytes without end, a protocol
 * that nobody asked for, silence after the first line, a certificate of another name.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { selfSigned } from '../front/testing/self-signed.ts';
import { newId, type SessionId } from '../ids.ts';
import { createIdentityClient } from './client.ts';

const tls = selfSigned();
let server: Server | undefined;
const sockets = new Set<TLSSocket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

async function clientOf(answer: (socket: TLSSocket) => void, ca: string | undefined = tls.cert) {
  server = createServer(tls, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const apiUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const client = createIdentityClient({
    publicUrl: 'http://localhost:3000',
    portalSocket: '/nowhere',
    apiUrls: [apiUrl],
    clientsOf: () => undefined,
    assertionKey: undefined as never,
    rules: () => ({ allowTargets: ['localhost'], ownPorts: [] }),
    clock: systemClock,
    timeoutMs: 1_000,
    ...(ca === undefined ? {} : { ca }),
  });
  return { client, apiUrl };
}

const about = { computer: '1', credential: 'c', mode: 'SSH', session: newId<SessionId>(), loginsessionid: 'l' };

test.each<[string, (socket: TLSSocket) => void]>([
  [
    'another protocol',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  ],
  ['silence after the first line', (socket) => socket.write('HTTP/1.1 200 OK\r\n')],
  ['a body that does not come', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')],
  ['less than it promised', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')],
  [
    'bytes without end',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const timer = setInterval(() => socket.write('400\r\n'.concat('x'.repeat(1024), '\r\n')), 1);
      socket.once('close', () => clearInterval(timer));
    },
  ],
  [
    'hints without end',
    (socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.once('close', () => clearInterval(timer));
    },
  ],
])(
  '%s is no answer, and soon',
  async (_, answer) => {
    const { client, apiUrl } = await clientOf(answer);
    const keys = { apiUrl, apiKey: 'k', apiApplicationKey: 'a' };
    expect(await client.getCredential({ ...keys, body: about })).toMatchObject({ ok: false, isKnown: false });
    const body = { ...about, checkout: 'x', startedAt: null, endedAt: 'now', reason: 'closed' };
    expect(await client.endSession({ ...keys, renewToken: false, body })).toMatchObject({ status: null });
  },
  6_000,
);

test('a certificate that nobody vouches for is told nothing', async () => {
  let told = 0;
  const { client, apiUrl } = await clientOf(() => (told += 1), '');
  const keys = { apiUrl, apiKey: 'k', apiApplicationKey: 'a' };
  expect(await client.getCredential({ ...keys, body: about })).toMatchObject({ ok: false });
  expect(told).toBe(0);
});
