import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PublicOrigin } from './public-origin.ts';
import { isNavigation } from './request-target.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

export type Notice = {
  status: number;
  /** For programs. */
  code: string;
  /** For people: what happened and what to do. */
  sentence: string;
  headers?: Record<string, string>;
  /** For a person although it was not a plain visit, as after a form. */
  asPage?: boolean;
  /** The page loads itself again after this long, without a script. */
  retryAfterSeconds?: number;
};

/** Answers in the gateway's own name: a small page for a person who navigates, JSON for everyone else. */
export function answerNotice(
  request: IncomingMessage,
  response: ServerResponse,
  ours: PublicOrigin,
  notice: Notice,
): void {
  const nonce = newNonce();
  const isPage = notice.asPage ?? isNavigation(request);
  const body = isPage
    ? pageOf(notice, nonce)
    : JSON.stringify({ error: { code: notice.code, message: notice.sentence } });
  setSecurityHeaders(response, ours, plainPolicy(nonce));
  if (notice.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(notice.retryAfterSeconds));
  for (const [name, value] of Object.entries(notice.headers ?? {})) response.setHeader(name, value);
  const type = `${isPage ? 'text/html' : 'application/json'}; charset=utf-8`;
  answerText(request, response, { status: notice.status, type, body });
}

export function answerJson(request: IncomingMessage, response: ServerResponse, status: number, value: unknown): void {
  const type = 'application/json; charset=utf-8';
  answerText(request, response, { status, type, body: JSON.stringify(value) });
}

export function answerText(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body }: { status: number; type: string; body: string },
): void {
  // A body that nobody reads would stand in the way of the next request on this connection.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function pageOf({ sentence, retryAfterSeconds, status }: Notice, nonce: string): string {
  const retry = retryAfterSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${retryAfterSeconds}">`;
  const again =
    retryAfterSeconds === undefined
      ? '<p><a href="/">Go to the start page</a></p>'
      : '<p>This page tries again by itself.</p>';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sallyport (${status})</title>${retry}
<style nonce="${nonce}">:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}h1{font-size:1.25rem}</style>
</head><body><main><h1>Sallyport</h1><p role="status">${escapeHtml(sentence)}</p>${again}</main></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
