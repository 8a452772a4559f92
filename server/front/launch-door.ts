import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpStatusOf, type Outcome, type Refusal, refuse, sentenceOf } from '../errors.ts';
import { answerNotice } from './answer.ts';
import type { Client } from './client-address.ts';
import type { PublicOrigin } from './public-origin.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RequestTarget } from './request-target.ts';
import type { Attempt } from './same-origin.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

export const launchPath = '/start';
const maxLaunchBytes = 16 * 1024;
const formType = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Shops of other origins send their people here, so a launch passes from anywhere. It carries no cookie's right. */
export function isLaunch({ method, path }: Attempt): boolean {
  return method === 'POST' && path === launchPath;
}

export type LaunchDoorOptions = {
  ours: PublicOrigin;
  receive(params: URLSearchParams, origin: string | undefined): Promise<Outcome<{ launchId: string }>>;
  /** Launches in a query string: they end up in histories and logs of proxies, so somebody has to want them. */
  allowQuery: boolean;
  perMinute?: number;
};

export type LaunchVisit = { request: IncomingMessage; response: ServerResponse; target: RequestTarget; client: Client };
export type LaunchDoor = (visit: LaunchVisit) => Promise<void>;

/** `/start`: takes a launch and leads to its page by GET, so that reloading sends nothing twice. */
export function createLaunchDoor({ ours, receive, allowQuery, perMinute = 60 }: LaunchDoorOptions): LaunchDoor {
  const limit = createRateLimit(perMinute, 60_000);
  return async ({ request, response, target, client }) => {
    const seconds = limit.take(client.address);
    const launch =
      seconds === undefined ? await readLaunch(request, target, allowQuery) : refuse('too_many_attempts', { seconds });
    if (response.destroyed) return;
    const outcome = launch.ok ? await receive(launch.value, request.headers.origin) : launch;
    if (!outcome.ok) return answerRefusal({ request, response, ours }, outcome);
    setSecurityHeaders(response, ours, plainPolicy(newNonce()));
    response.writeHead(303, { location: `${launchPath}/${outcome.value.launchId}`, 'cache-control': 'no-store' });
    response.end();
  };
}

async function readLaunch(
  request: IncomingMessage,
  target: RequestTarget,
  allowQuery: boolean,
): Promise<Outcome<URLSearchParams>> {
  if (request.method === 'GET') {
    return allowQuery && target.query.length <= maxLaunchBytes
      ? { ok: true, value: new URLSearchParams(target.query) }
      : refuse('access_expired');
  }
  if (request.method !== 'POST') return refuse('invalid_parameters');
  if (!formType.test(request.headers['content-type'] ?? '')) return refuse('invalid_parameters');
  const body = await readBody(request);
  return body === undefined ? refuse('launch_too_large') : { ok: true, value: new URLSearchParams(body) };
}

/** `undefined`: there is more of it than a launch can be. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxLaunchBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxLaunchBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return ''; // It went away in the middle.
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Answering = { request: IncomingMessage; response: ServerResponse; ours: PublicOrigin };

function answerRefusal({ request, response, ours }: Answering, refusal: Refusal): void {
  const { code } = refusal;
  answerNotice(request, response, ours, {
    status: httpStatusOf(code),
    code,
    sentence: sentenceOf(refusal),
    asPage: request.headers['sec-fetch-mode'] === 'navigate',
    ...(code === 'too_many_attempts' ? { headers: { 'retry-after': String(refusal.params?.seconds ?? 60) } } : {}),
  });
}
