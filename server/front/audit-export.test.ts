// Contract: the log is exported only to whom `open` lets, by a GET of a page of ours, as a download that nothing keeps;
// it is read from the database no faster than it is taken, and reading stops with the reader.
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type AuditExportOptions, createAuditExport } from './audit-export.ts';
import type { PublicOrigin } from './public-origin.ts';
import { ask, begin, deferred, logInto, type RunningFront, runFront, sendRaw } from './testing/running-front.ts';

const path = '/api/audit/export.ndjson';
let front: RunningFront;
let asked: Parameters<AuditExportOptions['open']>[0][];
let answer: () => Outcome<AsyncIterable<string>>;

beforeAll(async () => {
  const exportAudit = createAuditExport({
    ours: { origin: 'http://gateway.test' } as PublicOrigin,
    log: logInto([]),
    open: async (wish) => {
      asked.push(wish);
      return answer();
    },
  });
  front = await runFront({ exportAudit, portal: (_request, response) => response.end('portal') });
});
beforeEach(() => {
  asked = [];
  answer = () =>
    ok(
      (async function* () {
        yield '{"a":1}\n';
        yield '{"b":"é"}\n';
      })(),
    );
});
afterAll(() => front[Symbol.asyncDispose]());

describe('exporting', () => {
  it('gives the lines as a download, with the filters of the address and the cookie', async () => {
    const { status, headers, body } = await ask(front, {
      path: `${path}?kind=sign_in&text=a%20b`,
      headers: { cookie: 'c=1', 'sec-fetch-site': 'same-origin' },
    });
    expect([status, body]).toEqual([200, '{"a":1}\n{"b":"é"}\n']);
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="audit.ndjson"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(asked).toEqual([{ cookieHeader: 'c=1', filters: { kind: 'sign_in', text: 'a b' } }]);
  });

  it('reads no further than it is read, and stops when the reader leaves', async () => {
    let taken = 0;
    const left = deferred();
    const piece = 'x'.repeat(64 * 1024);
    answer = () =>
      ok(
        (async function* () {
          try {
            for (; taken < 10_000; taken += 1) yield piece;
          } finally {
            left.resolve();
          }
        })(),
      );
    const reader = await begin(front, { path });
    reader.pause();
    // What the sockets between us hold is a few megabytes; the whole would be 640.
    let before = -1;
    while (before !== taken) {
      before = taken;
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    }
    expect(taken).toBeLessThan(500);
    reader.destroy();
    await left.promise;
    expect(taken).toBeLessThan(500);
  });

  it('breaks off visibly when the log cannot be read to its end', async () => {
    answer = () =>
      ok(
        (async function* () {
          yield 'one\n';
          throw new Error('the database is gone');
        })(),
      );
    const reader = await begin(front, { path });
    reader.resume();
    const [error] = await once(reader, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('refusing', () => {
  it.each([
    ['not_signed_in', 401],
    ['forbidden', 403],
    ['invalid_input', 400],
  ] as const)('%s is %i', async (code, status) => {
    answer = () => refuse(code, { problem: 'Choose a kind from the list.' });
    const refused = await ask(front, { path });
    expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([status, code]);
  });

  it.each(['cross-site', 'same-site'])(
    'a link of another site (%s) exports nothing and leaves no trace',
    async (site) => {
      expect((await ask(front, { path, headers: { 'sec-fetch-site': site } })).status).toBe(403);
      expect(asked).toEqual([]);
    },
  );

  it('knows no other method', async () => {
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const headers = { 'sec-fetch-site': 'same-origin' };
      expect((await ask(front, { path, method, headers })).status).toBe(404);
    }
    expect(asked).toEqual([]);
  });

  it.each(['/api/audit/export.ndjson/', '/api/audit', '/api/audit/../audit/export.ndjson', '/api/AUDIT/export.ndjson'])(
    '%s is a matter of the portal',
    async (other) => {
      const raw = `GET ${other} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`;
      expect(await sendRaw(front.port, raw)).toContain('portal');
      expect(asked).toEqual([]);
    },
  );

  it('bears any query', async () => {
    for (const query of ['?', '?=&&=', '?%ff=%fe', '?kind=a&kind=b', '?__proto__=1', `?text=${'x'.repeat(4000)}`])
      expect((await ask(front, { path: `${path}${query}` })).status).toBe(200);
  });
});
