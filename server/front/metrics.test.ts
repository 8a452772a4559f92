/**
 * Contract: the figures are told to the machine itself and to whoever has the token, and to nobody else: no proxy on the
 * machine, no page of a browser there, no guess. The portal never sees the question.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { publicOriginOf } from './public-origin.ts';
import { type Ask, ask, type RunningFront, runFront } from './testing/running-front.ts';

const token = 'a-token-of-at-least-24-characters';
let front: RunningFront | undefined;
let reads = 0;
afterEach(async () => {
  await front?.[Symbol.asyncDispose]();
  front = undefined;
  reads = 0;
});

async function asked(wish: Ask = {}, given: { token?: string | null; trustProxy?: string[] } = {}) {
  const metrics = createMetrics({
    ours: publicOriginOf('http://gateway.test'),
    token: given.token === undefined ? token : given.token,
    read: async () => {
      reads += 1;
      return [{ name: 'sallyport_test', help: 'A figure.', type: 'gauge', samples: [{ value: 7 }] }];
    },
  });
  const portal = () => {
    throw new Error('The portal was asked.');
  };
  front = await runFront({ metrics, portal, trustProxy: given.trustProxy ?? [] });
  return ask(front, { path: '/api/metrics', ...wish });
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe('the machine itself', () => {
  it('reads the figures', async () => {
    const answer = await asked({}, { token: null });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain('\nsallyport_test 7\n');
  });

  it.each(['localhost:3000', '127.0.0.1:9', '[::1]'])('may call itself %s', async (host) => {
    expect((await asked({ headers: { host } })).status).toBe(200);
  });

  it('asks only by reading', async () => {
    expect((await asked({ method: 'HEAD' })).body).toBe('');
    await front?.[Symbol.asyncDispose]();
    expect((await asked({ method: 'POST', headers: { origin: 'http://gateway.test' } })).status).toBe(405);
  });
});

describe('somebody else', () => {
  const strangers: [string, Ask['headers'], string[]?][] = [
    ['behind a proxy on this machine', { 'x-forwarded-for': '192.0.2.1' }],
    ['behind one that says so otherwise', { forwarded: 'for=192.0.2.1' }],
    ['behind a trusted proxy', { 'x-forwarded-for': '192.0.2.1' }, ['127.0.0.1']],
    ['who says to be this machine, behind a trusted proxy', { 'x-forwarded-for': '127.0.0.1' }, ['127.0.0.1']],
    ['who is a page under another name in a browser here', { host: 'evil.test' }],
  ];

  it.each(strangers)('%s, is told nothing without the token', async (_who, headers, trustProxy) => {
    const answer = await asked({ headers }, { trustProxy });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    expect(answer.body).not.toContain('sallyport_test');
    expect(reads).toBe(0);
  });

  it.each(strangers)('%s, is told with it', async (_who, headers, trustProxy) => {
    expect((await asked({ headers: { ...headers, ...bearer(token) } }, { trustProxy })).status).toBe(200);
  });

  it.each([
    ['another token', bearer('another-token-of-24-characters')],
    ['the beginning of it', bearer(token.slice(0, -1))],
    ['more than it', bearer(`${token}x`)],
    ['an empty one', { authorization: 'Bearer ' }],
    ['two', bearer(`${token} ${token}`)],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['it in the wrong place', { cookie: `token=${token}`, 'x-api-key': token }],
  ])('with %s, is told nothing', async (_what, headers) => {
    expect((await asked({ headers: { 'x-forwarded-for': '192.0.2.1', ...headers } })).status).toBe(401);
  });

  it('is told nothing whatever they show where no token is set', async () => {
    for (const shown of ['', 'null', 'undefined']) {
      const headers = { 'x-forwarded-for': '192.0.2.1', ...bearer(shown) };
      expect((await asked({ headers }, { token: null })).status).toBe(401);
      await front?.[Symbol.asyncDispose]();
    }
    front = undefined;
  });
});
