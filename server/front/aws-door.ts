import { Agent, type IncomingMessage, request as requestUpstream, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { Log } from '../log.ts';
import { answerNotice } from './answer.ts';
import type { PublicOrigin } from './public-origin.ts';
import type { Attempt } from './same-origin.ts';

/** In which the AWS proxy reads whose request it is. */
const addressHeader = 'x-sallyport-address';

export type AwsDoor = {
  /** Hands a request to the AWS proxy as it came: its target and its headers are signed. */
  forward(request: IncomingMessage, response: ServerResponse, address: string): void;
  close(): void;
};

export type AwsDoorOptions = { socketPath: string; ours: PublicOrigin; log: Log };

/**
 * Whether this is a program's call to AWS at our own address. A browser, which names its way of asking, is shown pages
 * below the same path.
 */
export function isAwsCall({ path, headers }: Pick<Attempt, 'path' | 'headers'>): boolean {
  if (path !== '/aws' && !path.startsWith('/aws/')) return false;
  return headers.authorization !== undefined || headers['sec-fetch-mode'] === undefined;
}

/** What comes to `/aws` goes to the process of the AWS proxy, where it is verified; nothing is read of it here. */
export function createAwsDoor({ socketPath, ours, log }: AwsDoorOptions): AwsDoor {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 32 });
  return {
    forward(request, response, address) {
      const upstream = requestUpstream({
        socketPath,
        agent,
        method: request.method,
        path: request.url,
        headers: [addressHeader, address, ...withoutAddress(request.rawHeaders)],
        setHost: false,
      });
      upstream.on('response', (answer) => relay(request, response, answer, log));
      upstream.on('error', (err) => {
        if (response.headersSent || response.destroyed) return void response.destroy();
        log.warn('The AWS proxy did not answer', { err });
        answerNotice(request, response, ours, away);
      });
      response.once('close', () => {
        if (!response.writableFinished) upstream.destroy();
      });
      request.pipe(upstream);
    },
    close: () => agent.destroy(),
  };
}

const away = {
  status: 503,
  code: 'unavailable',
  sentence: 'The AWS proxy is starting or being restarted. Please try again.',
  retryAfterSeconds: 3,
} as const;

// What the client says of its own address is not for the proxy to believe.
function withoutAddress(raw: readonly string[]): string[] {
  return raw.filter((_, at) => raw[at - (at % 2)]?.toLowerCase() !== addressHeader);
}

function relay(request: IncomingMessage, response: ServerResponse, answer: IncomingMessage, log: Log): void {
  if (response.headersSent || response.destroyed) return void answer.destroy();
  const { rawHeaders } = answer;
  const kept = rawHeaders.filter((_, at) => !hopByHop.has(rawHeaders[at - (at % 2)]?.toLowerCase() ?? ''));
  response.sendDate = false;
  // What AWS answers is a customer's and must never run as a page of ours.
  const guard = ['Content-Security-Policy', "default-src 'none'; sandbox", 'X-Content-Type-Options', 'nosniff'];
  const last = request.complete ? [] : ['Connection', 'close'];
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', [...kept, ...guard, ...last]);
  response.flushHeaders();
  pipeline(answer, response, (err) => {
    if (err) log.debug('An answer of the AWS proxy was cut short', { err });
  });
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer']);
