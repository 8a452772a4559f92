import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { httpStatusOf, type Outcome, type Refusal, refuse, sentenceOf } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import type { Log } from '../log.ts';
import { archiveRecording } from '../recording/archive.ts';
import { asciicastOf } from '../recording/asciicast.ts';
import { type OpenPart, openPart } from '../recording/read.ts';
import { answerNotice } from './answer.ts';
import { isPiece, parseByteRange } from './byte-range.ts';
import type { PublicOrigin } from './public-origin.ts';
import { isFromElsewhere } from './same-origin.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

/** What may be read of a recording, by its name in the address, with the type it is served as. */
const served = {
  'manifest.json': 'application/json',
  'chain.ndjson': 'application/x-ndjson',
  typescript: 'application/octet-stream',
  'typescript.timing': 'text/plain; charset=utf-8',
  'events.ndjson': 'application/x-ndjson',
  'index.bin': 'application/octet-stream',
  'recording.zip': 'application/zip',
  'recording.cast': 'application/x-asciicast',
} as const;
export type ServedPart = keyof typeof served;

type Place = { root: string; path: string; publicKeyPem: string };

/** What is made while it is read, and so comes as a whole only. */
const made: { [K in ServedPart]?: (place: Place) => Promise<Readable | undefined> } = {
  'recording.zip': archiveRecording,
  'recording.cast': asciicastOf,
};

export type RecordingReadsOptions = {
  /** Absolute path of the recordings store. */
  root: string;
  publicKeyPem: string;
  ours: PublicOrigin;
  log: Log;
  /** Who asks, whether they may, and the audit of it. Answers the recording's path in the store. */
  authorize(wish: {
    cookieHeader: string | undefined;
    sessionId: SessionId;
    part: ServedPart;
    /** Only a piece of it, as a player asks for one after the other. */
    isPiece: boolean;
  }): Promise<Outcome<{ path: string }>>;
};

type Wish = { sessionId: SessionId; part: ServedPart };

/** Answers `/api/recordings/<session-id>/<part>`: parse, authorise, open, send. */
export function createRecordingReads(options: RecordingReadsOptions) {
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const refusal = await read(options, { request, response, path });
    if (!refusal || response.headersSent || response.destroyed) return;
    answerNotice(request, response, options.ours, {
      status: httpStatusOf(refusal.code),
      code: refusal.code,
      sentence: sentenceOf(refusal),
    });
  };
}

type Visit = { request: IncomingMessage; response: ServerResponse; path: string };

async function read(options: RecordingReadsOptions, visit: Visit): Promise<Refusal | undefined> {
  const { request, response } = visit;
  const wish = wishOf(visit.path);
  if (!wish || !isRead(request)) return refuse('not_found');
  if (isFromElsewhere(request.headers)) return refuse('forbidden');
  const right = await options.authorize({
    cookieHeader: request.headers.cookie,
    isPiece: isPiece(request.headers.range) && !made[wish.part],
    ...wish,
  });
  if (!right.ok) return right;
  const { root, publicKeyPem } = options;
  const { path } = right.value;
  const make = made[wish.part];
  if (make) {
    const whole = await make({ root, path, publicKeyPem });
    if (!whole) return refuse('recording_unavailable');
    writeHead(options, response, { status: 200, wish, headers: {} });
    send(options, visit, whole, wish);
    return undefined;
  }
  const part = await openPart(root, path, wish.part);
  if (!part) return refuse('recording_unavailable');
  sendPart(options, visit, part, wish);
  return undefined;
}

/** The one shape of address there is: no decoding, no other characters, so no way out of the store. */
export function wishOf(path: string): Wish | undefined {
  const match = /^\/api\/recordings\/([0-9a-f-]{36})\/([a-z.]{1,32})$/.exec(path);
  const [, sessionId = '', part = ''] = match ?? [];
  if (!isUuid(sessionId) || !Object.hasOwn(served, part)) return undefined;
  return { sessionId: sessionId as SessionId, part: part as ServedPart };
}

const isRead = ({ method }: IncomingMessage) => method === 'GET' || method === 'HEAD';

function sendPart(options: RecordingReadsOptions, visit: Visit, part: OpenPart, wish: Wish): void {
  const { size } = part;
  const range = parseByteRange(visit.request.headers.range, size);
  if (range === 'unsatisfiable') {
    void part.close();
    const headers = { 'content-range': `bytes */${size}`, 'content-length': 0 };
    writeHead(options, visit.response, { status: 416, wish, headers });
    visit.response.end();
    return;
  }
  const { from, last } = range === 'all' ? { from: 0, last: size - 1 } : range;
  const headers: Record<string, string | number> = { 'accept-ranges': 'bytes', 'content-length': last - from + 1 };
  if (range !== 'all') headers['content-range'] = `bytes ${from}-${last}/${size}`;
  writeHead(options, visit.response, { status: range === 'all' ? 200 : 206, wish, headers });
  send(options, visit, part.stream({ from, last }), wish);
}

function writeHead(
  { ours }: RecordingReadsOptions,
  response: ServerResponse,
  { status, wish, headers }: { status: number; wish: Wish; headers: Record<string, string | number> },
): void {
  setSecurityHeaders(response, ours, plainPolicy(newNonce()));
  response.writeHead(status, {
    'content-type': served[wish.part],
    // Always a download, never a page: what the host wrote is not to be trusted in a browser window.
    'content-disposition': `attachment; filename="${wish.sessionId}-${wish.part}"`,
    'cache-control': 'no-store',
    ...headers,
  });
}

function send({ log }: RecordingReadsOptions, { request, response }: Visit, body: Readable, wish: Wish): void {
  if (request.method === 'HEAD') {
    body.on('error', () => undefined).destroy();
    response.end();
    return;
  }
  pipeline(body, response, (err) => {
    if (err) log.debug('A recording was not read to its end', { sessionId: wish.sessionId, err });
  });
}
