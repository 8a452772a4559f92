import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { httpStatusOf, type Outcome, type Refusal, refuse, sentenceOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { answerNotice } from './answer.ts';
import type { PublicOrigin } from './public-origin.ts';
import type { RequestTarget } from './request-target.ts';
import { isFromElsewhere } from './same-origin.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

export const auditExportPath = '/api/audit/export.ndjson';

export type AuditExportOptions = {
  ours: PublicOrigin;
  log: Log;
  /** Who asks, whether they may, the audit of it, and the log as lines, read no faster than they are taken. */
  open(wish: {
    cookieHeader: string | undefined;
    filters: Record<string, string>;
  }): Promise<Outcome<AsyncIterable<string>>>;
};

/** Answers `GET /api/audit/export.ndjson?filter=…`: authorise, write down, send at the speed of whoever reads. */
export function createAuditExport(options: AuditExportOptions) {
  return async (request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<void> => {
    const refusal = await send(options, request, response, target);
    if (!refusal || response.destroyed) return;
    answerNotice(request, response, options.ours, {
      status: httpStatusOf(refusal.code),
      code: refusal.code,
      sentence: sentenceOf(refusal),
    });
  };
}

async function send(
  { ours, log, open }: AuditExportOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { query }: RequestTarget,
): Promise<Refusal | undefined> {
  // Not even HEAD: it would be written down as an export, and be none.
  if (request.method !== 'GET') return refuse('not_found');
  if (isFromElsewhere(request.headers)) return refuse('forbidden');
  const filters = Object.fromEntries(new URLSearchParams(query));
  const lines = await open({ cookieHeader: request.headers.cookie, filters });
  if (!lines.ok) return lines;
  setSecurityHeaders(response, ours, plainPolicy(newNonce()));
  response.writeHead(200, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'content-disposition': 'attachment; filename="audit.ndjson"',
    'cache-control': 'no-store',
  });
  // One piece ahead of the reader, not sixteen.
  pipeline(Readable.from(lines.value, { highWaterMark: 1 }), response, (err) => {
    if (err) log.debug('An export of the audit log was not read to its end', { err });
  });
  return undefined;
}
