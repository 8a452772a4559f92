// Contract: a recording is read only by whom `authorize` lets, only in the parts it has, only as a download, and only from
// inside the store: no spelling of an address, no link on the disk and no range leads anywhere else. What is sent is,
// byte for byte, what the recorder wrote, at the speed of whoever reads.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Outcome, ok, refuse } from '../errors.ts';
import { newId, type SessionId } from '../ids.ts';
import { createRecordingReads, type RecordingReadsOptions, wishOf } from './recording-reads.ts';
import { ask, begin, logInto, type RunningFront, runFront, sendRaw } from './testing/running-front.ts';

const sessionId = newId<SessionId>();
const linkedId = newId<SessionId>();
const path = `2026/01/02/${sessionId}`;
const typescript = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

const index = Buffer.from(Array.from({ length: 500 }, (_, at) => at % 250));

let root: string;
let front: RunningFront;
let asked: Parameters<RecordingReadsOptions['authorize']>[0][];
let answer: Outcome<{ path: string }>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-reads-'));
  const folder = join(root, path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'typescript'), typescript);
  await writeFile(join(folder, 'typescript.timing'), '0.100000 5\n');
  await writeFile(join(folder, 'events.ndjson'), '');
  await writeFile(join(folder, 'index.bin'), index);
  await writeFile(join(folder, 'index.bin.partial'), index);
  await writeFile(join(root, 'secret'), 'secret');
  await mkdir(join(root, `2026/01/02/${linkedId}`));
  await symlink(join(root, 'secret'), join(root, `2026/01/02/${linkedId}`, 'typescript'));
  const readRecording = createRecordingReads({
    root,
    publicKeyPem: 'PUBLIC KEY',
    ours: { origin: 'http://gateway.test' } as RunningFront['ours'],
    log: logInto([]),
    authorize: async (wish) => {
      asked.push(wish);
      return answer;
    },
  });
  front = await runFront({ readRecording, portal: (_request, response) => response.end('portal') });
});
beforeEach(() => {
  asked = [];
  answer = ok({ path });
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const at = (part: string, id: string = sessionId) => `/api/recordings/${id}/${part}`;

describe('reading', () => {
  it('gives the bytes as they were written, as a download that nothing keeps', async () => {
    const answerTo = await begin(front, { path: at('typescript'), headers: { cookie: 'c=1' } });
    expect((await buffer(answerTo)).equals(typescript)).toBe(true);
    expect(answerTo.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '300000',
      'content-disposition': `attachment; filename="${sessionId}-typescript"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
    });
    expect(asked).toEqual([{ cookieHeader: 'c=1', sessionId, part: 'typescript', isPiece: false }]);
  });

  it('gives a range, from the middle and from the end', async () => {
    const middle = await begin(front, { path: at('typescript'), headers: { range: 'bytes=1000-1999' } });
    expect(middle.statusCode).toBe(206);
    expect(middle.headers['content-range']).toBe('bytes 1000-1999/300000');
    expect((await buffer(middle)).equals(typescript.subarray(1000, 2000))).toBe(true);
    const tail = await begin(front, { path: at('typescript'), headers: { range: 'bytes=-5' } });
    expect((await buffer(tail)).equals(typescript.subarray(-5))).toBe(true);
  });

  it('gives ranges of the index, and says that they are pieces', async () => {
    const head = await begin(front, { path: at('index.bin'), headers: { range: 'bytes=0-95' } });
    expect(head.statusCode).toBe(206);
    expect((await buffer(head)).equals(index.subarray(0, 96))).toBe(true);
    expect(asked).toMatchObject([{ part: 'index.bin', isPiece: true }]);
    await ask(front, { path: at('recording.zip'), headers: { range: 'bytes=0-95' } });
    expect(asked[1]).toMatchObject({ part: 'recording.zip', isPiece: false }); // it comes as a whole
    expect((await ask(front, { path: at('index.bin.partial') })).status).toBe(404);
  });

  it('refuses a range that begins after the end', async () => {
    const { status, headers } = await ask(front, { path: at('typescript'), headers: { range: 'bytes=300000-' } });
    expect(status).toBe(416);
    expect(headers['content-range']).toBe('bytes */300000');
  });

  it('answers HEAD without a body, and an empty part with none', async () => {
    const head = await ask(front, { path: at('typescript'), method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '300000', '']);
    const empty = await ask(front, { path: at('events.ndjson') });
    expect([empty.status, empty.headers['content-length'], empty.body]).toEqual([200, '0', '']);
  });

  it('gives a zip', async () => {
    const answerTo = await begin(front, { path: at('recording.zip') });
    const zip = await buffer(answerTo);
    expect(answerTo.headers['content-type']).toBe('application/zip');
    expect(zip.subarray(0, 2).toString()).toBe('PK');
    expect(zip.includes('recording-public-key.pem')).toBe(true);
    const head = await ask(front, { path: at('recording.zip'), method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
  });

  it('gives an asciicast, which comes as a whole', async () => {
    const { status, headers, body } = await ask(front, {
      path: at('recording.cast'),
      headers: { range: 'bytes=0-95' },
    });
    expect([status, headers['content-type']]).toEqual([200, 'application/x-asciicast']);
    expect(headers['content-disposition']).toBe(`attachment; filename="${sessionId}-recording.cast"`);
    expect(JSON.parse(body.split('\n')[0] ?? '')).toMatchObject({ version: 2, width: 80, height: 24 });
    expect(asked).toMatchObject([{ part: 'recording.cast', isPiece: false }]);
  });

  it('a reader that leaves half way does no harm', async () => {
    for (const part of ['typescript', 'recording.zip', 'recording.cast'])
      (await begin(front, { path: at(part) })).destroy();
    expect((await ask(front, { path: at('typescript.timing') })).body).toBe('0.100000 5\n');
    expect(front.errors).toEqual([]);
  });
});

describe('refusing', () => {
  it.each([
    ['not_signed_in', 401],
    ['signed_out', 401],
    ['forbidden', 403],
    ['own_recording', 403],
    ['not_found', 404],
    ['recording_unavailable', 404],
  ] as const)('%s is %i with its sentence, and no byte of the recording', async (code, status) => {
    answer = refuse(code);
    const refused = await ask(front, { path: at('typescript') });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.body).error.code).toBe(code);
  });

  it('a link on another site reads nothing, and is not written down as a reading', async () => {
    for (const site of ['cross-site', 'same-site'])
      expect((await ask(front, { path: at('typescript'), headers: { 'sec-fetch-site': site } })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it('what is not there, or not yet, is 404', async () => {
    expect((await ask(front, { path: at('manifest.json') })).status).toBe(404);
    answer = ok({ path: `2026/01/02/${newId<string>()}` });
    expect((await ask(front, { path: at('typescript') })).status).toBe(404);
    expect((await ask(front, { path: at('recording.zip') })).status).toBe(404);
  });

  it('a link in the store is not followed, nor a path that is not one of the store', async () => {
    for (const bad of [`2026/01/02/${linkedId}`, '../..', '/etc', `2026/01/02/${sessionId}/..`]) {
      answer = ok({ path: bad });
      const { status, body } = await ask(front, { path: at('typescript', linkedId) });
      expect(status).toBe(500);
      expect(body).not.toContain('secret');
    }
    expect(front.errors.splice(0)).toHaveLength(4);
  });
});

describe('addresses', () => {
  const climbing = [
    '/api/recordings/',
    `/api/recordings/${sessionId}`,
    `/api/recordings/${sessionId}/`,
    at('secret'),
    at('..'),
    at('../secret'),
    at('..%2fsecret'),
    at('%2e%2e/secret'),
    at('..%252fsecret'),
    at('typescript/'),
    at('typescript/..'),
    at('typescript%00'),
    at('TYPESCRIPT'),
    at('typescript.timing.'),
    at('manifest.json.partial'),
    at('recording-public-key.pem'),
    at('constructor'),
    at('__proto__'),
    at('hasOwnProperty'),
    at('typescript', sessionId.toUpperCase()),
    at('typescript', `${sessionId}0`),
    at('typescript', '../../../../etc/passwd'),
    at('typescript', '%2e%2e%2f%2e%2e'),
    at('typescript', '-'.repeat(36)),
    `/api/recordings//${sessionId}/typescript`,
    `/api/recordings/./${sessionId}/typescript`,
    `/api/recordings/x/../${sessionId}/typescript`,
    `/api/recordings/${sessionId};x/typescript`,
  ];

  it.each(climbing)('%s is nothing', async (path) => {
    expect(wishOf(path)).toBeUndefined();
    expect(
      await sendRaw(front.port, `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 404 /);
    expect(asked).toEqual([]);
  });

  it('a query changes nothing', async () => {
    expect((await ask(front, { path: `${at('typescript.timing')}?part=../secret` })).body).toBe('0.100000 5\n');
  });

  it('what merely looks like the address goes to the portal, which knows nothing of recordings', async () => {
    expect((await ask(front, { path: '/api/%72ecordings/x/typescript' })).body).toBe('portal');
  });

  it('nothing can be changed here', async () => {
    const fromUs = { 'sec-fetch-site': 'same-origin' };
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await ask(front, { path: at('typescript'), method, headers: fromUs })).status).toBe(404);
    expect(asked).toEqual([]);
  });
});
