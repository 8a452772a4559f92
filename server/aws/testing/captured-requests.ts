import { Readable } from 'node:stream';
import type { RawRequest, Scope } from '../sigv4/request.ts';

/** A request as a client wrote and signed it, without a network. */
export type Captured = { host: string; request: RawRequest; scope: Scope; body: Buffer };

type Sent = {
  method: string;
  hostname: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
};

class Captive extends Error {
  override name = 'Captive';
  readonly sent: Sent;
  constructor(sent: Sent) {
    super('captured');
    this.sent = sent;
  }
}

/** Settings for a client of the AWS SDK that sends nothing anywhere: use it with `captured`. */
export const capturing = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'TOKEN1#rec/Prod 42', secretAccessKey: 'not-a-key-of-aws' },
  maxAttempts: 1,
  requestHandler: {
    handle(sent: unknown): Promise<never> {
      return Promise.reject(new Captive(sent as Sent));
    },
  },
};

/** What a client would have sent: `captured(() => client.send(command))`. */
export async function captured(send: () => Promise<unknown>): Promise<Captured> {
  try {
    await send();
  } catch (error) {
    if (error instanceof Captive) return capturedOf(error.sent);
    throw error;
  }
  throw new Error('the client sent nothing');
}

async function capturedOf({ method, hostname, path, query = {}, headers, body }: Sent): Promise<Captured> {
  const items = Object.entries(query).flatMap(([key, value]) =>
    [value].flat().map((one) => (one === null ? escaped(key) : `${escaped(key)}=${escaped(one)}`)),
  );
  const [, date = '', region = '', service = ''] =
    /\/(\d{8})\/([^/]*)\/([^/]*)\/aws4_request/.exec(headers.authorization ?? '') ?? [];
  return {
    host: hostname,
    request: {
      method,
      target: items.length > 0 ? `${path}?${items.join('&')}` : path,
      headers: Object.entries(headers),
    },
    scope: { date, region, service },
    body: await bytesOf(body),
  };
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (!(body instanceof Readable)) throw new Error('a body of a kind that no client here sends');
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
