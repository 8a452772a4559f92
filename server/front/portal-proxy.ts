import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as requestUpstream,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import type { Log } from '../log.ts';
import { answerNotice } from './answer.ts';
import { type ForwardedFacts, requestHeadersForPortal, responseHeadersForBrowser } from './forwarded-headers.ts';
import type { PublicOrigin } from './public-origin.ts';
import { setSecurityHeaders } from './security-headers.ts';

export type PortalProxyOptions = {
  socketPath: string;
  ours: PublicOrigin;
  log: Log;
  /** How long the portal may take until the first byte of its answer. */
  answerTimeoutMs?: number;
  /** Nothing that the portal accepts is larger; more is refused with 413. */
  maxBodyBytes?: number;
};

export type PortalProxy = {
  forward(request: IncomingMessage, response: ServerResponse, facts: ForwardedFacts): void;
  close(): void;
};

/** A streaming reverse proxy to the portal's Unix socket. An abort on either side ends the other. */
export function createPortalProxy(options: PortalProxyOptions): PortalProxy {
  const { answerTimeoutMs = 120_000, maxBodyBytes = 8 * 1024 * 1024 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 32 });
  const settled = { ...options, answerTimeoutMs, maxBodyBytes, agent };
  return {
    forward: (request, response, facts) => forward({ ...settled, request, response, facts, mayRetry: true }),
    close: () => agent.destroy(),
  };
}

type Exchange = Required<PortalProxyOptions> & {
  agent: Agent;
  request: IncomingMessage;
  response: ServerResponse;
  facts: ForwardedFacts;
  mayRetry: boolean;
};

function forward(exchange: Exchange): void {
  const { request, response, ours, facts, socketPath, agent, answerTimeoutMs } = exchange;
  if (Number(request.headers['content-length'] ?? 0) > exchange.maxBodyBytes) {
    answerTooLarge(exchange);
    return;
  }
  const upstream = requestUpstream({
    socketPath,
    agent,
    method: request.method,
    path: request.url,
    headers: requestHeadersForPortal(request, ours, facts),
    setHost: false,
    timeout: answerTimeoutMs,
  });
  upstream.on('response', (answer) => relay(exchange, answer));
  upstream.on('timeout', () => upstream.destroy(Object.assign(new Error('No answer in time'), { code: 'ETIMEDOUT' })));
  upstream.on('error', (err) => onUpstreamError(exchange, upstream, err));
  // Also when the browser goes away in the middle of its upload.
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  sendBody(exchange, upstream);
}

function sendBody(exchange: Exchange, upstream: ClientRequest): void {
  const { request, maxBodyBytes } = exchange;
  if (!hasBody(request)) {
    upstream.end();
    return;
  }
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) return;
    upstream.destroy();
    answerTooLarge(exchange);
  });
  request.pipe(upstream);
}

function relay({ response, ours, facts, log }: Exchange, answer: IncomingMessage): void {
  if (response.headersSent || response.destroyed) {
    answer.destroy();
    return;
  }
  setSecurityHeaders(response, ours, facts.policy);
  response.writeHead(answer.statusCode ?? 502, responseHeadersForBrowser(answer, ours));
  // Streamed pages show their first part at once.
  response.flushHeaders();
  pipeline(answer, response, (err) => {
    if (err) log.debug('An answer of the portal was cut short', { requestId: facts.requestId, err });
  });
}

function onUpstreamError(exchange: Exchange, upstream: ClientRequest, err: NodeJS.ErrnoException): void {
  const { request, response, ours, facts, log } = exchange;
  if (response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  // The portal closed a kept connection in the moment we used it: not a failure, and nothing was done.
  if (upstream.reusedSocket && err.code === 'ECONNRESET' && exchange.mayRetry && !hasBody(request) && isSafe(request)) {
    forward({ ...exchange, mayRetry: false });
    return;
  }
  const isLate = err.code === 'ETIMEDOUT';
  log.warn('The portal did not answer', { requestId: facts.requestId, code: err.code });
  answerNotice(request, response, ours, {
    status: isLate ? 504 : 503,
    code: 'unavailable',
    sentence: isLate
      ? 'The portal took too long to answer. Please try again.'
      : 'The portal is starting or being restarted. Running sessions are not affected.',
    retryAfterSeconds: 3,
  });
}

function answerTooLarge({ request, response, ours }: Exchange): void {
  if (response.headersSent || response.destroyed) return;
  request.unpipe();
  request.resume();
  answerNotice(request, response, ours, {
    status: 413,
    code: 'invalid_input',
    sentence: 'This is more than the portal accepts at once. Please send less.',
  });
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const isSafe = ({ method }: IncomingMessage) => method === 'GET' || method === 'HEAD';
