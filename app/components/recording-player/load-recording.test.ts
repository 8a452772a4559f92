// Contract: the three files of a recording become bytes and a timeline; every way it can be refused becomes a sentence;
// an abort is an abort. Against a real HTTP server.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatHeader, formatTimingStep } from '#server/protocol/typescript.ts';
import { formatEventLine } from '#server/protocol/typescript-events.ts';
import { loadRecording, maxPlayableBytes } from './load-recording.ts';

type Answer = { status?: number; headers?: Record<string, string>; body: string | Buffer };
let server: Server;
let files: Record<string, Answer>;
let origin: string;

const header = formatHeader({ startedAt: '2026-03-01 10:00:00+00:00', sessionId: 's', columns: 90, rows: 25 });
const start = {
  type: 'start',
  columns: 90,
  rows: 25,
  computer: 'c',
  account: 'a',
  person: 'p',
  personId: 'i',
} as const;

beforeEach(async () => {
  files = {
    typescript: { body: `${header}hello\nworld` },
    'typescript.timing': {
      body: formatTimingStep({ delayUs: 1e6, bytes: 6 }) + formatTimingStep({ delayUs: 1e6, bytes: 5 }),
    },
    'events.ndjson': { body: formatEventLine({ at: '2026-03-01T10:00:00Z', elapsedMs: 0, offset: 0 }, start) },
  };
  server = createServer((request, response) => {
    const { status = 200, headers, body } = files[request.url?.split('/').at(-1) ?? ''] ?? { status: 404, body: '' };
    response.writeHead(status, headers);
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function load(signal = new AbortController().signal, progress: number[] = []) {
  const local: typeof fetch = (path, init) => fetch(`${origin}${path}`, init);
  return loadRecording('0190', { fetch: local, signal, onProgress: (bytes) => progress.push(bytes) });
}

test('bytes without their header line, times and sizes', async () => {
  const progress: number[] = [];
  const result = await load(undefined, progress);
  if (!result.ok) throw new Error(result.sentence);
  expect(new TextDecoder().decode(result.track.at(0)?.output)).toBe('hello\nworld');
  expect(result.track.durationMs).toBe(2000);
  expect(result.track.at(0)?.size).toEqual({ columns: 90, rows: 25 });
  expect(progress.at(-1)).toBe(header.length + 11);
});

test('bytes stay bytes: nothing is decoded on the way', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  files.typescript = { body: Buffer.concat([Buffer.from(header), bytes]) };
  const result = await load();
  expect(result.ok && Buffer.from(result.track.at(0)?.output ?? [])).toEqual(bytes);
});

test.each(['typescript', 'typescript.timing', 'events.ndjson'])(
  'a refusal of %s is told in its own words',
  async (name) => {
    const message = 'Nobody may review their own session. Another auditor can.';
    files[name] = { status: 403, body: JSON.stringify({ error: { code: 'own_recording', message } }) };
    expect(await load()).toEqual({ ok: false, sentence: message });
  },
);

test('a refusal without words still says something', async () => {
  files.typescript = { status: 502, body: '<html>' };
  expect(await load()).toEqual({ ok: false, sentence: 'The gateway answered 502.' });
});

test('a recording that would not fit is refused before it is fetched', async () => {
  files.typescript = { headers: { 'content-length': String(maxPlayableBytes + 1) }, body: '' };
  const result = await load();
  expect(!result.ok && result.sentence).toContain('scriptreplay');
});

test('a typescript that is cut in its first line has no output', async () => {
  files.typescript = { body: 'Script sta' };
  const result = await load();
  expect(result.ok && result.track.at(0)?.output.length).toBe(0);
});

test('leaving the page is no error to show', async () => {
  const leaving = new AbortController();
  leaving.abort();
  await expect(load(leaving.signal)).rejects.toThrow();
});
