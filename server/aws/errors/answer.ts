import { randomUUID } from 'node:crypto';
import type { CallProtocol } from '../operations/name-operation.ts';

/** A code as each family of protocols has it: S3 and EC2 where they differ from other XML. */
export type Codes = { xml: string; json: string; s3?: string; ec2?: string };

/** What is told to a client: no status and no code that it would try again by itself, unless trying again can help. */
export type Told = { status: number; codes: Codes; message: string };

export type ErrorAnswer = { status: number; headers: Readonly<Record<string, string>>; body: Buffer };

/** How the request was written that is answered; `contentType` is its own media type. */
export type Asked = { protocol: CallProtocol; method: string; contentType?: string };

/** The identifier by which an answer and its row in the audit log find each other, in the form that AWS's have. */
export function newRequestId(): string {
  return randomUUID();
}

/** An error in the caller's own protocol. To HEAD it has no body, as HTTP demands; the code is then in the headers alone. */
export function errorAnswer(asked: Asked, told: Told, requestId: string): ErrorAnswer {
  const { type, body, headers } = written(asked, told, requestId);
  const isHead = asked.method === 'HEAD';
  return {
    status: told.status,
    headers: {
      ...headers,
      ...(!isHead && { 'content-type': type, 'content-length': String(body.length) }),
      'cache-control': 'no-store',
    },
    body: isHead ? Buffer.alloc(0) : body,
  };
}

type Written = { type: string; body: Buffer; headers: Record<string, string> };

function written({ protocol, contentType }: Asked, { codes, message }: Told, requestId: string): Written {
  const amzn = { 'x-amzn-requestid': requestId };
  switch (protocol) {
    case 's3': {
      const body = xml('Error', [
        ['Code', codes.s3 ?? codes.xml],
        ['Message', message],
        ['RequestId', requestId],
      ]);
      return { type: 'application/xml', body: document(body), headers: { 'x-amz-request-id': requestId } };
    }
    case 'ec2': {
      const error = xml('Error', [
        ['Code', codes.ec2 ?? codes.xml],
        ['Message', message],
      ]);
      const body = `<Response><Errors>${error}</Errors>${element('RequestID', requestId)}</Response>`;
      return { type: 'text/xml', body: document(body), headers: amzn };
    }
    case 'query':
    case 'rest-xml': {
      const error = xml('Error', [
        ['Type', 'Sender'],
        ['Code', codes.xml],
        ['Message', message],
      ]);
      const body = `<ErrorResponse>${error}${element('RequestId', requestId)}</ErrorResponse>`;
      return { type: 'text/xml', body: document(body), headers: amzn };
    }
    case 'cbor': {
      const headers = { ...amzn, 'smithy-protocol': 'rpc-v2-cbor' };
      return { type: 'application/cbor', body: cborMap({ __type: codes.json, message }), headers };
    }
    case 'json':
    case 'rest-json': {
      const own = /^application\/x-amz-json-1\.[01]$/.test(contentType ?? '') ? contentType : undefined;
      const type = own ?? (protocol === 'json' ? 'application/x-amz-json-1.1' : 'application/json');
      const body = Buffer.from(JSON.stringify({ __type: codes.json, message }));
      return { type, body, headers: { ...amzn, 'x-amzn-errortype': codes.json } };
    }
  }
}

function xml(name: string, children: readonly (readonly [string, string])[]): string {
  return `<${name}>${children.map(([child, text]) => element(child, text)).join('')}</${name}>`;
}

function element(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`;
}

function document(body: string): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// A name that a client chose may be in a message, and XML has no way to write some characters at all.
function escaped(text: string): string {
  return [...text]
    .filter((character) => /[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(character))
    .map((character) => entities[character] ?? character)
    .join('');
}

function cborMap(members: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(members);
  return Buffer.concat([Buffer.from([0xa0 + entries.length]), ...entries.flat().map(cborText)]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head[0] = 0x7a;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
