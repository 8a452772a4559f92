// Contract: the proxy hands a request to the portal as it came, except that it alone says who asks, under which name and
// with which nonce; it streams both ways, ends one side when the other goes, and answers by itself, politely, when the
// portal is down. Nothing of the inner socket shows outside, and no client can smuggle a second request inside.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { publicLocation } from './forwarded-headers.ts';
import { publicOriginOf } from './public-origin.ts';
import { ask, begin, deferred, runFront, sendRaw } from './testing/running-front.ts';

const fromUs = { 'sec-fetch-site': 'same-origin' };
const browser = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };

/** A front whose portal answers with what it saw. */
const runMirror = () =>
  runFront({
    portal: async (request, response) => {
      const body = await text(request).catch(() => 'cut');
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    },
  });

describe('what the portal sees', () => {
  it('is the request with our own word on where it came from', async () => {
    await using front = await runMirror();
    const { body } = await ask(front, {
      method: 'POST',
      path: '/a%2Fb?c=%20d&e',
      body: 'hello',
      headers: {
        ...fromUs,
        cookie: 'a=1; b=2',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        'x-forwarded-prefix': '/evil',
        forwarded: 'for=1.2.3.4',
        'x-real-ip': '1.2.3.4',
        'x-nonce': 'mine',
        'content-security-policy': "script-src 'nonce-mine'",
        'content-security-policy-report-only': "script-src 'nonce-mine'",
        'x-sallyport-person': 'admin',
        'x-middleware-subrequest': 'middleware:middleware',
        'x-matched-path': '/admin',
        'next-resume': '1',
        'x-now-route-matches': '1=admin',
        'x-prerender-revalidate': 'x',
        te: 'trailers',
        'proxy-authorization': 'Basic eA==',
        connection: 'keep-alive, cookie2, content-length',
        cookie2: 'hop',
      },
    });
    const seen = JSON.parse(body);
    expect(seen).toMatchObject({ method: 'POST', url: '/a%2Fb?c=%20d&e', body: 'hello' });
    expect(seen.headers).toMatchObject({
      host: 'gateway.test',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'gateway.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
      cookie: 'a=1; b=2',
      'content-length': '5',
    });
    expect(seen.headers['x-nonce']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(seen.headers['content-security-policy']).toContain(`'nonce-${seen.headers['x-nonce']}'`);
    const dropped = ['x-forwarded-prefix', 'forwarded', 'x-real-ip', 'content-security-policy-report-only'];
    dropped.push('x-sallyport-person', 'x-middleware-subrequest', 'x-matched-path', 'next-resume');
    dropped.push('te', 'proxy-authorization', 'cookie2', 'x-now-route-matches', 'x-prerender-revalidate');
    for (const name of dropped) expect(seen.headers).not.toHaveProperty(name);
  });

  it('carries the same nonce as the policy that the browser gets', async () => {
    await using front = await runMirror();
    const { body, headers } = await ask(front);
    expect(headers['content-security-policy']).toBe(JSON.parse(body).headers['content-security-policy']);
  });

  it('a body stays one body, even when `Connection` names its length', async () => {
    let requests = 0;
    await using front = await runFront({
      portal: async (request, response) => {
        requests += 1;
        response.end(`${request.method} ${request.url} ${await text(request)}`);
      },
    });
    const inner = 'GET /admin HTTP/1.1\r\nHost: gateway.test\r\n\r\n';
    const head = `POST /outer HTTP/1.1\r\nHost: gateway.test\r\nSec-Fetch-Site: none\r\nConnection: close, content-length\r\n`;
    const answer = await sendRaw(front.port, `${head}Content-Length: ${inner.length}\r\n\r\n${inner}`);
    expect(answer).toContain(`POST /outer ${inner}`);
    const chunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
    const bodyOnGet = `GET /outer HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
    expect(await sendRaw(front.port, bodyOnGet)).toContain(`GET /outer ${inner}`);
    expect(requests).toBe(2);
  });
});

describe('what the browser sees', () => {
  it('is the answer without the portal’s own policies, banners and hop-by-hop fields, and with every cookie', async () => {
    await using front = await runFront({
      portal: (_request, response) => {
        response.writeHead(201, {
          'content-security-policy': 'default-src *',
          'content-security-policy-report-only': 'default-src *',
          'x-frame-options': 'ALLOWALL',
          'x-powered-by': 'Next.js',
          'set-cookie': ['a=1; HttpOnly', 'b=2; HttpOnly'],
          connection: 'keep-alive, x-hop',
          'x-hop': '1',
          'x-kept': '1',
        });
        response.end();
      },
    });
    const { status, headers } = await ask(front);
    expect(status).toBe(201);
    expect(headers['set-cookie']).toEqual(['a=1; HttpOnly', 'b=2; HttpOnly']);
    expect(headers['x-kept']).toBe('1');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("object-src 'none'");
    expect(headers['x-frame-options']).toBe('DENY');
    for (const name of ['x-hop', 'x-powered-by', 'content-security-policy-report-only'])
      expect(headers).not.toHaveProperty(name);
  });

  it.each([
    ['/sign-in', '/sign-in'],
    ['computers?page=2', 'computers?page=2'],
    ['//evil.example', '/evil.example'],
    ['/\\evil.example', '/evil.example'],
    ['https://gateway.example/shop?x=1#y', '/shop?x=1#y'],
    ['http://gateway.example:443/shop', '/shop'],
    ['unix:/run/portal.sock:/shop', '/run/portal.sock:/shop'],
    ['https://identity.example/authorize?x=1', 'https://identity.example/authorize?x=1'],
    ['https://gateway.example:8443/other', 'https://gateway.example:8443/other'],
    ['http://gateway.example:443//evil.example', '/evil.example'],
  ])('a redirect to %s leads to %s', (location, expected) => {
    expect(publicLocation(location, publicOriginOf('https://gateway.example'))).toBe(expected);
  });

  it('streams: the first part is read while the last is not yet written', async () => {
    const last = deferred();
    await using front = await runFront({
      portal: async (_request, response) => {
        response.write('first');
        await last.promise;
        response.end('last');
      },
    });
    const answer = await begin(front);
    const [first] = await once(answer, 'data');
    expect(String(first)).toBe('first');
    last.resolve();
    expect(await text(answer)).toBe('last');
  });

  it('a slow reader holds the portal back instead of filling our memory', async () => {
    let written = 0;
    const stuck = deferred();
    const chunk = Buffer.alloc(64 * 1024);
    await using front = await runFront({
      portal: (_request, response) => {
        const fill = () => {
          while (response.write(chunk)) written += chunk.length;
          stuck.resolve();
          response.once('drain', fill);
        };
        fill();
      },
    });
    const answer = await begin(front);
    await stuck.promise;
    let before = -1;
    await expect
      .poll(() => {
        const isStill = before === written;
        before = written;
        return isStill;
      })
      .toBe(true);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    answer.destroy();
  });
});

describe('when one side goes away', () => {
  it('the portal hears that the browser left in the middle of the answer', async () => {
    const left = deferred();
    await using front = await runFront({
      portal: (_request, response) => {
        response.write('first');
        response.on('close', () => left.resolve());
      },
    });
    const answer = await begin(front);
    answer.destroy();
    await left.promise;
  });

  it('the portal hears that the browser left in the middle of its upload', async () => {
    const arrived = deferred();
    const left = deferred();
    await using front = await runFront({
      portal: (request) => {
        request.on('error', () => left.resolve());
        request.once('data', () => arrived.resolve());
      },
    });
    const headers = { host: 'gateway.test', ...fromUs, 'content-length': '100' };
    const upload = httpRequest({ host: '127.0.0.1', port: front.port, method: 'POST', headers, agent: false });
    upload.on('error', () => undefined);
    upload.write('part');
    await arrived.promise;
    upload.destroy();
    await left.promise;
  });

  it('the browser is not told that half an answer was whole', async () => {
    await using front = await runFront({
      portal: (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => response.destroy());
      },
    });
    const answer: IncomingMessage = await begin(front);
    await expect(text(answer)).rejects.toThrow('aborted');
  });
});

describe('when the portal does not answer', () => {
  it('a person reads a page that tries again by itself; a program gets JSON', async () => {
    await using front = await runFront({});
    const page = await ask(front, { headers: browser });
    expect(page.status).toBe(503);
    expect(page.headers['retry-after']).toBe('3');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.body).toContain('<html lang="en">');
    expect(page.body).toContain('<meta http-equiv="refresh" content="3">');
    expect(page.body).toContain('role="status"');
    const nonce = /<style nonce="([^"]+)">/.exec(page.body)?.[1];
    expect(page.headers['content-security-policy']).toContain(`style-src 'nonce-${nonce}'`);
    expect(page.body).not.toContain('<script');
    const data = await ask(front, { headers: { accept: 'application/json' } });
    expect(JSON.parse(data.body).error.code).toBe('unavailable');
    expect(`${page.body}${data.body}`).not.toMatch(/portal\.sock|ECONN|ENOENT/);
    expect(front.errors).toEqual([]);
  });

  it('an upload is answered too, not left hanging', async () => {
    await using front = await runFront({});
    const { status, headers } = await ask(front, { method: 'POST', headers: fromUs, body: 'x'.repeat(100_000) });
    expect(status).toBe(503);
    expect(headers['content-type']).toContain('application/json');
  });

  it('in time, 504', async () => {
    await using front = await runFront({ portal: () => undefined, proxy: { answerTimeoutMs: 50 } });
    expect((await ask(front)).status).toBe(504);
  });

  it('a kept connection that the portal just closed is not an error for the next reader', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-proxy-'));
    const socketPath = join(folder, 'fickle.sock');
    let connections = 0;
    // Promises to keep the connection, then resets it when it is used again.
    const fickle = createTcpServer((socket) => {
      connections += 1;
      let asked = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        asked += 1;
        if (asked > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok');
      });
    });
    await new Promise<void>((resolve) => fickle.listen(socketPath, resolve));
    await using front = await runFront({ proxy: { socketPath } });
    expect((await ask(front)).body).toBe('ok');
    expect((await ask(front)).body).toBe('ok');
    expect(connections).toBe(2);
    await ask(front);
    expect((await ask(front, { method: 'POST', headers: fromUs, body: 'x' })).status).toBe(503);
    fickle.close();
    await rm(folder, { recursive: true });
  });

  it('rubbish from the portal is an error of the portal, not of ours', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-proxy-'));
    const socketPath = join(folder, 'rubbish.sock');
    const rubbish = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('SSH-2.0-OpenSSH\r\n\r\n');
    });
    await new Promise<void>((resolve) => rubbish.listen(socketPath, resolve));
    await using front = await runFront({ proxy: { socketPath } });
    expect((await ask(front)).status).toBe(503);
    rubbish.close();
    await rm(folder, { recursive: true });
  });
});

describe('bodies that are too large', () => {
  it('are refused by their announced length and by what really comes', async () => {
    await using front = await runFront({
      portal: (request, response) => {
        request.resume().on('end', () => response.end('all'));
      },
      proxy: { maxBodyBytes: 1_000 },
    });
    const body = 'x'.repeat(1_001);
    expect((await ask(front, { method: 'POST', headers: fromUs, body })).status).toBe(413);
    const chunked = { ...fromUs, 'transfer-encoding': 'chunked' };
    expect((await ask(front, { method: 'POST', headers: chunked, body })).status).toBe(413);
    expect((await ask(front, { method: 'POST', headers: chunked, body: 'x'.repeat(1_000) })).body).toBe('all');
  });
});
