import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerNotice, answerText, type Notice } from './answer.ts';
import type { Client } from './client-address.ts';
import { expositionType, type Family, render } from './prometheus.ts';
import type { PublicOrigin } from './public-origin.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';
import { isThisMachine } from './this-machine.ts';

export const metricsPath = '/api/metrics';

export type MetricsOptions = {
  ours: PublicOrigin;
  /** With this as Bearer token the figures are told to others than the machine itself; `null`: to nobody else. */
  token: string | null;
  read(): Promise<Family[]>;
};

export type Metrics = (request: IncomingMessage, response: ServerResponse, client: Client) => Promise<void>;

/** Answers `metricsPath`: to the machine itself, and to whoever shows the token. */
export function createMetrics({ ours, token, read }: MetricsOptions): Metrics {
  return async (request, response, client) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answerNotice(request, response, ours, badMethod);
    const isWelcome = isThisMachine(ours, request, client) || hasToken(request, token);
    if (!isWelcome) return answerNotice(request, response, ours, notWelcome);
    const body = render(await read());
    setSecurityHeaders(response, ours, plainPolicy(newNonce()));
    answerText(request, response, { status: 200, type: expositionType, body });
  };
}

function hasToken({ headers }: IncomingMessage, token: string | null): boolean {
  const shown = /^Bearer ([^\s]{1,512})$/i.exec(headers.authorization ?? '')?.[1];
  return token !== null && shown !== undefined && timingSafeEqual(digest(shown), digest(token));
}

// Of the same length, whatever was shown.
const digest = (text: string) => createHash('sha256').update(text).digest();

const badMethod: Notice = { status: 405, code: 'invalid_input', sentence: 'This method is not used here.' };
const notWelcome: Notice = {
  status: 401,
  code: 'signed_out',
  sentence: 'Figures are told to the machine itself, and to others with the token of METRICS_TOKEN.',
  headers: { 'www-authenticate': 'Bearer realm="sallyport metrics"' },
};
