import type { IncomingHttpHeaders } from 'node:http';
import type { NotTaken } from './checked-request.ts';

/** A request that was verified. `path` as on the wire, without the query. */
export type Asked = {
  method: string;
  host: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  region: string;
  service: string;
  accessKeyId: string;
  /** What it carries, unwrapped. */
  body: Buffer;
};

/** `zeros` is the length of a body of zeros, in the place of `body`. */
export type Answer = { status: number; headers?: Record<string, string>; body?: Buffer | string; zeros?: number };

export function xml(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

export function json(body: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

/** An error as the service of the request writes it. */
export function failed(
  { code, message, status }: NotTaken,
  { service, method, headers }: Pick<Asked, 'service' | 'method' | 'headers'>,
): Answer {
  if (method === 'HEAD') return { status };
  if (headers['x-amz-target']) return json({ __type: code, message }, status);
  const text = `<Code>${code}</Code><Message>${message}</Message>`;
  if (service === 's3') return xml(`<Error>${text}</Error>`, status);
  if (service === 'ec2') return xml(`<Response><Errors><Error>${text}</Error></Errors></Response>`, status);
  return xml(`<ErrorResponse><Error><Type>Sender</Type>${text}</Error></ErrorResponse>`, status);
}
