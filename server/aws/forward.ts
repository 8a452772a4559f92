import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { BodyRefused } from './bodies/body-refused.ts';
import { bodyFilter } from './bodies/forwarded-body.ts';
import type { Room } from './bodies/room.ts';
import type { WholeBody } from './bodies/whole-body.ts';
import { type Dialer, PrivateAddress, type Route } from './dial.ts';
import type { BodyRefusal, RawHeader, RawRequest, Verified } from './sigv4/request.ts';
import { type Destination, type Resigned, resign } from './sigv4/resign.ts';

/** A call that may be made, and who waits for its answer. */
export type Transfer = {
  request: IncomingMessage;
  response: ServerResponse;
  raw: RawRequest;
  verified: Verified<unknown>;
  /** Where the body was read already; otherwise it is streamed. */
  body?: Extract<WholeBody, { ok: true }>;
  destination: Destination;
  route: Route;
  /** Cuts both connections. */
  ended: AbortSignal;
  /** A second try does no harm: it changes nothing, and its body can be sent again. */
  mayRepeat: boolean;
};

export type TransferProblem =
  | 'client_gone'
  | 'access_ended'
  | 'upstream'
  | 'upstream_unreachable'
  | 'private_address'
  | BodyRefusal;

/** How it went. Where there is a problem and the answer has not begun, the client still waits for one. */
export type Transferred = {
  status?: number;
  awsRequestId?: string;
  /** Of the answer's body. */
  bytesIn: number;
  /** Of the request's body. */
  bytesOut: number;
  problem?: TransferProblem;
};

export type ForwardTools = { dialer: Dialer; room: Room; now(): Date };

/**
 * Signs a call with the record's key, sends it, and streams the answer back untouched: redirects and errors too. Nothing
 * is tried again once a byte was sent. Never rejects for what the other sides do.
 */
export async function forward(transfer: Transfer, tools: ForwardTools): Promise<Transferred> {
  const { raw, verified, destination, body } = transfer;
  const signing = { now: tools.now(), ...(body && { bodyLength: body.bytes }) };
  const resigned = await resign(raw, verified.payload, destination, signing);
  const first = await exchange(transfer, resigned, tools);
  return first === 'stale'
    ? ((await exchange({ ...transfer, mayRepeat: false }, resigned, tools)) as Transferred)
    : first;
}

/** `stale`: AWS closed a kept connection in the moment we used it, and the call may be repeated. */
function exchange(transfer: Transfer, resigned: Resigned, tools: ForwardTools): Promise<Transferred | 'stale'> {
  const { request, response, ended, mayRepeat } = transfer;
  return new Promise((settle) => {
    const state: Transferred = { bytesIn: 0, bytesOut: 0 };
    let sending: ClientRequest | undefined;
    let isSettled = false;

    function finish(problem?: TransferProblem | 'stale'): void {
      if (isSettled) return;
      isSettled = true;
      ended.removeEventListener('abort', cut);
      response.off('close', onClose);
      request.unpipe();
      if (problem) sending?.destroy();
      if (problem === 'stale') settle('stale');
      else settle({ ...state, ...(problem && { problem }) });
    }
    function cut(): void {
      finish('access_ended');
      response.destroy();
      request.destroy();
    }
    function onClose(): void {
      finish(response.writableFinished ? undefined : 'client_gone');
    }

    ended.addEventListener('abort', cut, { once: true });
    response.once('close', onClose);
    if (ended.aborted) return cut();
    if (response.destroyed) return onClose();
    try {
      sending = tools.dialer.open(transfer.route, {
        method: transfer.raw.method,
        target: resigned.target,
        headers: framed(transfer.raw, resigned.headers),
      });
    } catch (error) {
      return finish(problemOf(error));
    }
    sending.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = mayRepeat && sending?.reusedSocket === true && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');
      if (isStale && !response.headersSent) return finish('stale');
      const began = response.headersSent;
      finish(began ? 'upstream' : problemOf(error));
      if (began) response.destroy();
    });
    sending.once('timeout', () => sending?.destroy(new Error('Silent for too long')));
    sending.once('response', (answer) => {
      Object.assign(state, { status: answer.statusCode, awsRequestId: requestIdOf(answer) });
      relay(transfer, answer, {
        count: (bytes) => {
          state.bytesIn += bytes;
        },
        fail: () => {
          finish('upstream');
          response.destroy();
        },
        end: () => finish(),
      });
    });
    sendBody(transfer, resigned, {
      sending,
      room: tools.room,
      count: (bytes) => {
        state.bytesOut += bytes;
      },
      fail: (problem) => {
        const began = response.headersSent;
        finish(problem);
        if (began) response.destroy();
      },
    });
  });
}

function problemOf(error: unknown): TransferProblem {
  return error instanceof PrivateAddress ? 'private_address' : 'upstream_unreachable';
}

// Without it Node would announce chunks where a client announced nothing.
function framed({ method }: RawRequest, headers: readonly RawHeader[]): RawHeader[] {
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const needsNone = isFramed || /^(GET|HEAD|DELETE|OPTIONS)$/.test(method);
  return needsNone ? [...headers] : [...headers, ['content-length', '0']];
}

type Sending = {
  sending: ClientRequest;
  room: Room;
  count(bytes: number): void;
  fail(problem: TransferProblem): void;
};

function sendBody(
  { request, raw, verified, body }: Transfer,
  { chunks }: Resigned,
  { sending, room, count, fail }: Sending,
): void {
  if (body) {
    for (const block of body.blocks) sending.write(block);
    count(body.bytes);
    sending.end();
    return;
  }
  const filter = bodyFilter(raw, verified, chunks, room);
  request.on('data', (piece: Buffer) => count(piece.length));
  if (!filter) {
    request.pipe(sending);
    return;
  }
  filter.on('error', (error) => fail(error instanceof BodyRefused ? error.refusal : 'client_gone'));
  sending.once('close', () => filter.destroy());
  request.pipe(filter).pipe(sending);
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type Relaying = { count(bytes: number): void; fail(): void; end(): void };

function relay({ request, response }: Transfer, answer: IncomingMessage, { count, fail, end }: Relaying): void {
  const headers: string[] = [];
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = answer.rawHeaders.slice(at, at + 2);
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, value);
  }
  // An answer before the end of an upload is the last one of its connection.
  if (!request.complete) headers.push('Connection', 'close');
  response.sendDate = answer.headers.date === undefined;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
  // The head goes with what there is of the body; where that is long in coming, alone.
  setImmediate(() => response.flushHeaders());
  answer.on('data', (piece: Buffer) => count(piece.length));
  answer.once('error', fail).once('aborted', fail);
  answer.pipe(response);
  response.once('finish', end);
}

function requestIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['x-amzn-requestid'] ?? headers['x-amz-request-id'];
  return typeof id === 'string' ? id.slice(0, 128) : undefined;
}
