// Contract: whatever its bytes, a request is answered, refused or cut, and the gateway lives on. Nothing is derived from
// `Host`: another name of this machine leads a person to PUBLIC_URL and is refused to everyone else (DNS rebinding).
// Every answer carries the security headers; only the machine itself reads the details of its health.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, deferred, healthy, type RunningFront, runFront, sendRaw } from './testing/running-front.ts';

let front: RunningFront;
let seen: { url?: string; method?: string }[] = [];

beforeAll(async () => {
  front = await runFront({
    portal: (request, response) => {
      seen.push({ url: request.url, method: request.method });
      request.resume();
      response.end('portal');
    },
    limits: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
  });
});
afterAll(() => front[Symbol.asyncDispose]());

const browser = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };
const stillServes = async () => expect((await ask(front)).body).toBe('portal');

describe('the name by which we are called', () => {
  it.each([
    ['gateway.test', 200],
    ['GATEWAY.test', 200],
    ['gateway.test:80', 200],
    ['gateway.test:81', 421],
    ['evil.example', 421],
    ['127.0.0.1', 421],
    ['gateway.test.evil.example', 421],
    ['gateway.test@evil.example', 421],
    ['', 421],
  ])('Host %j gets %i', async (host, status) => {
    expect((await ask(front, { headers: { host } })).status).toBe(status);
  });

  it('leads a person who typed another name to PUBLIC_URL, path and query kept', async () => {
    const answer = await ask(front, { path: '/computers?page=2', headers: { ...browser, host: '127.0.0.1:1' } });
    expect(answer.status).toBe(307);
    expect(answer.headers.location).toBe('http://gateway.test/computers?page=2');
  });

  it('never redirects what changes something', async () => {
    const answer = await ask(front, { method: 'POST', headers: { ...browser, host: '127.0.0.1:1' } });
    expect(answer.status).toBe(421);
  });

  it('refuses two Host fields, absolute targets and targets that name another host', async () => {
    seen = [];
    const requests = [
      'GET / HTTP/1.1\r\nHost: gateway.test\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      'GET http://evil.example/ HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n',
      'GET //evil.example/ HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n',
      'GET /\\evil.example/ HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
      'GET /session/%E0%A4%A HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n',
      'GET /%ff HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n',
    ];
    for (const request of requests) expect(await sendRaw(front.port, request)).toMatch(/^HTTP\/1\.1 4(00|21) /);
    expect(seen).toEqual([]);
  });

  it('behind a trusted proxy believes the name it forwards, and redirects nobody', async () => {
    await using behind = await runFront({
      trustProxy: ['127.0.0.0/8'],
      portal: (request, response) => response.end(`${request.headers.host} ${request.headers['x-forwarded-for']}`),
    });
    const good = { host: '127.0.0.1:9', 'x-forwarded-host': 'gateway.test', 'x-forwarded-for': '203.0.113.9' };
    expect((await ask(behind, { headers: good })).body).toBe('gateway.test 203.0.113.9');
    const bad = { ...browser, host: 'gateway.test', 'x-forwarded-host': 'evil.example' };
    expect((await ask(behind, { headers: bad })).status).toBe(421);
  });
});

describe('what may change something', () => {
  it('is refused across sites with a sentence, and the portal never sees it', async () => {
    seen = [];
    const answer = await ask(front, {
      method: 'POST',
      path: '/computers',
      body: 'x',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body).error.message).toContain('did not come from a page of this gateway');
    expect(seen).toEqual([]);
  });

  it('passes from our own page', async () => {
    const headers = { origin: front.ours.origin, 'sec-fetch-site': 'same-origin' };
    expect((await ask(front, { method: 'POST', body: 'x', headers })).body).toBe('portal');
  });

  it('methods that nobody uses are refused', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'PURGE']) expect((await ask(front, { method })).status).toBe(405);
  });
});

describe('security headers', () => {
  it('are on every answer, and the nonce is new each time', async () => {
    const policies = new Set<string>();
    for (const path of ['/', '/', '/api/health', '/api/ready', '/ws/terminal', '/ws/other']) {
      const { headers } = await ask(front, { path });
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['permissions-policy']).toContain('camera=()');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['strict-transport-security']).toBeUndefined();
      policies.add(String(headers['content-security-policy']));
    }
    expect(policies.size).toBe(6);
  });

  it('the policy of pages names our WebSocket origin and allows no inline script and no eval', async () => {
    const policy = String((await ask(front)).headers['content-security-policy']);
    const directives = Object.fromEntries(policy.split('; ').map((text) => [text.split(' ', 1)[0], text]));
    expect(directives['script-src']).toMatch(/^script-src 'self' 'nonce-[A-Za-z0-9+/]{22}==' 'strict-dynamic'$/);
    expect(directives['connect-src']).toBe("connect-src 'self' ws://gateway.test");
    expect(directives['object-src']).toBe("object-src 'none'");
    expect(directives['base-uri']).toBe("base-uri 'none'");
    expect(directives['form-action']).toBe("form-action 'self'");
  });

  it('with an https address also tell browsers to stay there', async () => {
    await using secure = await runFront({
      publicUrl: 'https://gateway.test',
      portal: (_q, response) => response.end(),
    });
    const { headers } = await ask(secure);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['content-security-policy']).toContain('wss://gateway.test');
    await using local = await runFront({
      publicUrl: 'https://localhost:3000',
      portal: (_q, response) => response.end(),
    });
    expect((await ask(local)).headers['strict-transport-security']).toBeUndefined();
  });
});

describe('health', () => {
  it('tells the machine itself everything, under its own names', async () => {
    for (const host of ['127.0.0.1:4', 'localhost', '[::1]:80', 'gateway.test'])
      expect(JSON.parse((await ask(front, { path: '/api/health', headers: { host } })).body)).toEqual(healthy);
  });

  it('tells a rebinding page, a proxy and its clients one word', async () => {
    const strangers: Record<string, string>[] = [
      { host: 'evil.example' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
      { via: '1.1 proxy' },
    ];
    for (const headers of strangers)
      expect((await ask(front, { path: '/api/health', headers })).body).toBe('{"status":"ok"}');
  });

  it('answers 503 when it is down or not ready', async () => {
    await using down = await runFront({ report: { ...healthy, status: 'down', database: 'down' } });
    expect((await ask(down, { path: '/api/health' })).status).toBe(503);
    expect((await ask(down, { path: '/api/ready' })).status).toBe(503);
    expect((await ask(front, { path: '/api/ready' })).status).toBe(200);
  });
});

describe('garbage', () => {
  it('random bytes get an answer or a closed door', async () => {
    for (let round = 0; round < 50; round += 1) {
      const answer = await sendRaw(front.port, Buffer.concat([randomBytes(200), Buffer.from('\r\n\r\n')]));
      expect(answer).toMatch(/^(HTTP\/1\.1 400 |$)/);
    }
    await stillServes();
  });

  it('slow headers are cut off in time', async () => {
    expect(await sendRaw(front.port, 'GET / HTTP/1.1\r\nHost: gateway.test\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408 /);
    await stillServes();
  });

  it('a slow body is cut off in time', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: gateway.test\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n\r\n';
    expect(await sendRaw(front.port, `${head}only this`)).not.toContain('portal\r\nHTTP');
    await stillServes();
  });

  it('huge headers and too many of them are refused', async () => {
    const huge = `GET / HTTP/1.1\r\nHost: gateway.test\r\nX-Huge: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await sendRaw(front.port, huge)).toMatch(/^HTTP\/1\.1 431 /);
    const line = `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: gateway.test\r\n\r\n`;
    expect(await sendRaw(front.port, line)).toMatch(/^HTTP\/1\.1 4(31|14) /);
    await stillServes();
  });

  const own = 'Host: gateway.test\r\nSec-Fetch-Site: same-origin\r\n';
  it.each([
    ['both lengths', `POST / HTTP/1.1\r\n${own}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
    ['two different lengths', `POST / HTTP/1.1\r\n${own}Content-Length: 1\r\nContent-Length: 20\r\n\r\nG`],
    ['an unknown transfer coding', `POST / HTTP/1.1\r\n${own}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunked that is not last', `POST / HTTP/1.1\r\n${own}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `POST / HTTP/1.1\r\n${own}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded line', `GET / HTTP/1.1\r\n${own}X-Folded: a\r\n b\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
    ['a bare line feed', `GET / HTTP/1.1\n${own}\n\n`],
    ['a zero byte in a value', `GET / HTTP/1.1\r\n${own}X-Zero: a\0b\r\n\r\n`],
    ['a negative length', `POST / HTTP/1.1\r\n${own}Content-Length: -1\r\n\r\n`],
    ['a length that is no number', `POST / HTTP/1.1\r\n${own}Content-Length: 0x10\r\n\r\n`],
    ['a chunk size that overflows', `POST / HTTP/1.1\r\n${own}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s is refused and nothing is smuggled to the portal', async (_title, bytes) => {
    seen = [];
    const answer = await sendRaw(front.port, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    // Node hands over a request before it sees that its body is bad: one may arrive, never a second.
    expect(seen.length).toBeLessThanOrEqual(1);
    expect(seen.every(({ url }) => url === '/')).toBe(true);
    await stillServes();
  });

  it('clients that vanish at any point do no harm', async () => {
    const whole = `POST /x HTTP/1.1\r\n${own}Content-Length: 5\r\n\r\nhello`;
    for (let length = 1; length < whole.length; length += 7) {
      await new Promise<void>((resolve) => {
        const socket = connect(front.port, '127.0.0.1', () => {
          socket.write(whole.slice(0, length), () => socket.resetAndDestroy());
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
    }
    await stillServes();
  });

  it('none of it reached the log as an error of ours', () => {
    expect(front.errors).toEqual([]);
  });
});

describe('stopping', () => {
  it('lets an answer finish, refuses newcomers, and does not wait for the idle', async () => {
    const asked = deferred<() => void>();
    await using held = await runFront({
      portal: (_request, response) => {
        response.write('first ');
        asked.resolve(() => response.end('last'));
      },
    });
    const idle = connect(held.port, '127.0.0.1').on('error', () => undefined);
    await once(idle, 'connect');
    const answer = ask(held);
    const finish = await asked.promise;
    const closing = held.listener.close(1_000);
    await expect(ask(held)).rejects.toThrow();
    finish();
    expect((await answer).body).toBe('first last');
    await closing;
    idle.destroy();
  });
});
