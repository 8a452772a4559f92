import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorAnswer } from './errors/answer.ts';

/** Who waits for an answer. */
export type Waiting = {
  request: IncomingMessage;
  response: ServerResponse;
  /** The client sends its body only once it is told to go on, and was not told yet. */
  holdsBody(): boolean;
};

const lingerMs = 5_000;
const lingerBytes = 64 * 1024 * 1024;

/**
 * Answers instead of AWS. A client in the middle of its upload reads no answer of a connection that is reset, so what it
 * still sends is taken and dropped for a while.
 */
export function answerWith({ request, response, holdsBody }: Waiting, { status, headers, body }: ErrorAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const isRead = request.complete || !announcesBody(request);
  response.writeHead(status, { ...headers, ...(!isRead && { connection: 'close' }) });
  if (isRead || holdsBody()) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  response.write(body);
  let dropped = 0;
  const done = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(done, lingerMs);
  request.on('data', (piece: Buffer) => {
    dropped += piece.length;
    if (dropped > lingerBytes) done();
  });
  request.once('end', done).once('close', done);
  request.resume();
}

/** A plain sentence, for who is not a client of a service yet. */
export function plainAnswer({ status, message }: { status: number; message: string }): ErrorAnswer {
  const body = Buffer.from(`${message}\n`);
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(body.length) };
  return { status, headers, body };
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
