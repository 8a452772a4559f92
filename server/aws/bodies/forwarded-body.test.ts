/*
 * The whole way over real HTTP: a client signs, we verify, sign again and pass the body on, and a server that stands for
 * AWS receives it. A body that is not the signed one never completes there, in any of the modes; one that is arrives byte
 * by byte as the record's key signs it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as open, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawRequest } from '../sigv4/request.ts';
import { resign } from '../sigv4/resign.ts';
import { signingKeyOf } from '../sigv4/signing-key.ts';
import { verify } from '../sigv4/verify.ts';
import { signedChunks } from '../testing/chunks.ts';
import { crt, sha256, type Unsigned } from '../testing/signers.ts';
import { BodyRefused } from './body-refused.ts';
import { bodyFilter } from './forwarded-body.ts';
import { roomFor } from './room.ts';

const token = { accessKeyId: 'TOKEN1#prod', secretAccessKey: 'the secret of the token' };
const record = { accessKeyId: 'AKIARECORD', secretAccessKey: 'the secret of the record' };
const at = new Date('2026-11-20T13:24:05Z');
const later = new Date('2026-11-20T13:24:06Z');
const room = roomFor();

type Received = { complete: boolean; body: Buffer; headers: IncomingMessage['headers'] };
let received: (what: Received) => void;
let arrival: Promise<Received>;
let begin: () => void;
let begun: Promise<void>;
let aws: Server;
let gateway: Server;
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  aws = createServer((request, response) => {
    begin();
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('error', () => undefined);
    request.on('close', () =>
      received({ complete: request.complete, body: Buffer.concat(pieces), headers: request.headers }),
    );
    request.on('end', () => response.end('stored'));
  });
  gateway = createServer(async (incoming, response) => {
    const headers = incoming.rawHeaders.flatMap((name, i, all) =>
      i % 2 === 0 ? [[name, all[i + 1] ?? ''] as const] : [],
    );
    const request: RawRequest = { method: incoming.method ?? '', target: incoming.url ?? '', headers };
    const answer = await verify(request, async () => ({ secret: token.secretAccessKey, token: 1 }), at);
    if (!answer.ok || !answer.verified) return response.writeHead(403).end(answer.ok ? 'unfinished' : answer.refusal);
    const { payload } = answer.verified;
    const to = { host: 's3.amazonaws.com', region: 'us-east-1', service: 's3', key: record };
    const resigned = await resign(request, payload, to, { now: later });
    const filter = bodyFilter(request, answer.verified, resigned.chunks, room);
    const sending = open({
      port: portOf(aws),
      method: request.method,
      path: resigned.target,
      headers: resigned.headers.flat(),
    });
    sending.on('error', () => undefined);
    sending.on('response', (theirs) => theirs.pipe(response));
    if (!filter) return incoming.pipe(sending);
    // Whatever is refused below is refused after the other side has the head.
    sending.flushHeaders();
    await begun;
    filter.on('error', (error) => {
      sending.destroy();
      response.writeHead(400, { connection: 'close' }).end(error instanceof BodyRefused ? error.refusal : 'failed');
    });
    incoming.on('error', () => sending.destroy());
    return incoming.pipe(filter).pipe(sending);
  });
  for (const server of [aws, gateway]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  for (const server of [aws, gateway]) {
    server.closeAllConnections();
    server.close();
  }
});

const scope = (secret: string) => ({
  key: signingKeyOf(secret, { date: '20261120', region: 'us-east-1', service: 's3' }),
  scope: '20261120/us-east-1/s3/aws4_request',
});
const data = [Buffer.alloc(70_000, 1), Buffer.alloc(9000, 2), Buffer.alloc(5, 3)];
const crc = { lines: ['x-amz-checksum-crc32c:sOO8/Q=='] };
const seedOf = (headers: RawRequest['headers']) =>
  headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1].slice(-64) ?? '';

type Mode = {
  bodyHash: string;
  headers?: Record<string, string>;
  body?: (seed: string, by: typeof token, time: string) => Buffer;
};
const whole = Buffer.concat(data);
const decoded = { 'x-amz-decoded-content-length': String(whole.length), 'content-encoding': 'aws-chunked' };
const inChunks = (trailer?: typeof crc) => (seed: string, by: typeof token, time: string) =>
  signedChunks({ ...scope(by.secretAccessKey), time, seed }, data, trailer);
const modes: Record<string, Mode> = {
  'hash said ahead': { bodyHash: sha256(whole) },
  'signed chunks': { bodyHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', headers: decoded, body: inChunks() },
  'signed chunks and trailer': {
    bodyHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    headers: { ...decoded, 'x-amz-trailer': 'x-amz-checksum-crc32c' },
    body: inChunks(crc),
  },
  unsigned: { bodyHash: 'UNSIGNED-PAYLOAD' },
  'unsigned with a trailer': { bodyHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
};

/** Sends a body as a client would, through the gateway; `change` alters it after signing. */
async function upload(
  { bodyHash, headers, body = () => whole }: Mode,
  change = (bytes: Buffer) => bytes,
  framing: 'length' | 'chunked' = 'length',
) {
  const length = body('', token, '').length;
  const framed: Record<string, string> = framing === 'length' ? { 'content-length': String(length) } : {};
  const unsigned: Unsigned = {
    method: 'PUT',
    target: '/bucket/key',
    region: 'us-east-1',
    service: 's3',
    saysHash: true,
    at,
    bodyHash,
    headers: { host: 's3.amazonaws.com', ...framed, ...headers },
  };
  const signed = await crt(unsigned, token);
  const sent = change(Buffer.from(body(seedOf(signed.headers), token, '20261120T132405Z')));
  arrival = new Promise((resolve) => {
    received = resolve;
  });
  begun = new Promise((resolve) => {
    begin = resolve;
  });
  const extra = framing === 'chunked' ? ['transfer-encoding', 'chunked'] : [];
  const request = open({
    port: portOf(gateway),
    method: 'PUT',
    path: '/bucket/key',
    headers: [...signed.headers.flat(), ...extra],
  });
  const answered = once(request, 'response').then(async ([response]: IncomingMessage[]) => {
    let text = '';
    for await (const piece of response ?? []) text += piece;
    return text;
  });
  request.end(sent);
  return { text: await answered, arrived: await arrival };
}

describe.each(Object.entries(modes))('%s', (_, mode) => {
  test.each(['length', 'chunked'] as const)('arrives whole and signed by the record’s key (%s)', async (framing) => {
    const { text, arrived } = await upload(mode, undefined, framing);
    expect(text).toBe('stored');
    expect(arrived.complete).toBe(true);
    const authorization = arrived.headers.authorization ?? '';
    expect(authorization).toContain('Credential=AKIARECORD/20261120/us-east-1/s3/aws4_request');
    const expected = (mode.body ?? (() => whole))(
      authorization.slice(-64),
      { ...token, ...record },
      '20261120T132406Z',
    );
    expect(arrived.body.equals(expected)).toBe(true);
    expect(room.taken).toBe(0);
  });
});

const signedModes = Object.entries(modes).filter(([name]) => !name.startsWith('unsigned'));
describe.each(signedModes)('%s', (name, mode) => {
  test.each(['length', 'chunked'] as const)('never completes when its last byte was changed (%s)', async (framing) => {
    const last = name === 'signed chunks and trailer' ? 10 : name === 'signed chunks' ? 120 : 1;
    const changed = (bytes: Buffer) => {
      bytes[bytes.length - last]! ^= 1;
      return bytes;
    };
    const { text, arrived } = await upload(mode, changed, framing);
    expect(text).toBe(
      {
        'hash said ahead': 'payload_hash',
        'signed chunks': 'chunk_signature',
        'signed chunks and trailer': 'trailer_signature',
      }[name],
    );
    expect(arrived.complete).toBe(false);
    expect(room.taken).toBe(0);
  });
});

test('a chunked upload that ends too early never completes', async () => {
  const { text, arrived } = await upload(modes['signed chunks']!, (bytes) => bytes.subarray(0, -2), 'chunked');
  expect(text).toBe('incomplete_body');
  expect(arrived.complete).toBe(false);
});
