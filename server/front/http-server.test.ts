// Contract: the listener speaks HTTP or HTTPS, says clearly when it cannot have its address, bounds how many it serves,
// and closes within the time it is given, whatever hangs on it. What it is sent never becomes an exception.
import { once } from 'node:events';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type HttpServerOptions, listenHttp } from './http-server.ts';
import { deferred, logInto, sendRaw } from './testing/running-front.ts';
import { selfSigned } from './testing/self-signed.ts';

const errors: string[] = [];
const loopback = { host: '127.0.0.1', port: 0 };
const options = (given: Partial<HttpServerOptions> = {}): HttpServerOptions => ({
  tls: null,
  onRequest: (_request, response) => response.end('served'),
  onUpgrade: (_request, socket) => socket.destroy(),
  log: logInto(errors),
  ...given,
});
const hello = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** A connection that is open and does nothing. */
async function hang(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('the listener', () => {
  it('rejects when its address is taken', async () => {
    const first = await listenHttp(options(), loopback);
    await expect(listenHttp(options(), { ...loopback, port: first.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await first.close(0);
  });

  it('serves no more than its bound at once, and the next when one leaves', async () => {
    const listener = await listenHttp(options({ limits: { maxConnections: 2 } }), loopback);
    const [first, second] = [await hang(listener.port), await hang(listener.port)];
    expect(await sendRaw(listener.port, hello)).toBe('');
    first.destroy();
    await expect.poll(() => sendRaw(listener.port, hello)).toContain('served');
    second.destroy();
    await listener.close(0);
  });

  it('closes in time although connections hang, before, in and after a request', async () => {
    const isUpgraded = deferred();
    const onUpgrade = () => isUpgraded.resolve();
    const listener = await listenHttp(options({ onRequest: () => undefined, onUpgrade }), loopback);
    const sockets = [await hang(listener.port), await hang(listener.port), await hang(listener.port)];
    sockets[1]?.write(hello);
    sockets[2]?.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await isUpgraded.promise;
    await listener.close(50);
    for (const socket of sockets) socket.destroy();
  });

  it('a bad request in the middle of an answer cuts it, nothing more', async () => {
    const listener = await listenHttp(options({ onRequest: (_request, response) => response.write('part') }), loopback);
    const socket = await hang(listener.port);
    const closed = once(socket.resume(), 'close');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0');
    await closed;
    await listener.close(0);
    expect(errors).toEqual([]);
  });
});

describe('with TLS', () => {
  it('serves https of today, and neither plain http nor TLS of yesterday', async () => {
    const tls = selfSigned();
    const listener = await listenHttp(options({ tls }), loopback);
    const request = get({ host: 'localhost', port: listener.port, ca: tls.cert, family: 4, agent: false });
    const [response] = await once(request, 'response');
    expect(await text(response)).toBe('served');
    expect(await sendRaw(listener.port, hello)).not.toContain('served');
    const old = connectTls({
      port: listener.port,
      host: '127.0.0.1',
      ca: tls.cert,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    const [refusal] = await once(old, 'error').then(
      (values) => values,
      (error) => [error],
    );
    expect(refusal).toBeInstanceOf(Error);
    await listener.close(0);
    expect(errors).toEqual([]);
  });

  it('handshakes that never finish are cut off', async () => {
    const listener = await listenHttp(options({ tls: selfSigned(), limits: { headersTimeoutMs: 100 } }), loopback);
    const socket = await hang(listener.port);
    await once(socket.resume(), 'close');
    await listener.close(0);
  });
});
