import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { getSigningKey, SignatureV4 } from '@smithy/signature-v4';
import { isS3Family } from './canonical-path.ts';
import { firstOf, type Headers, headersOf, textOf } from './headers.ts';
import { payloadLine } from './payload.ts';
import type { Payload, RawHeader, RawRequest, Scope } from './request.ts';
import { isSentOn, isSignedAgain } from './sent-on.ts';
import { parseTarget, type Target } from './target.ts';
import { basicTime } from './time.ts';

/** The real key of a record. */
export type RecordKey = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** Where a verified request goes. `target` is the raw one unless this says another. */
export type Destination = { host: string; target?: string; region: string; service: string; key: RecordKey };

/** `bodyLength`, in bytes, of a body that was read whole; any other is framed as it came. */
export type Signing = { now: Date; bodyLength?: number };

/** What goes on the request line and below it, all of it, and what the chunks that follow are signed with. */
export type Resigned = { target: string; headers: RawHeader[]; chunks: ChunkSeed };

/** The start of a chain of signed chunks: the signature of the head, and what is the same in every link. */
export type ChunkSeed = { key: Uint8Array; scope: Scope; time: string; signature: string };

/**
 * Signs a verified request with a record's key: a fixed set of headers, whatever the client signed. Throws for a
 * request that was not verified to its end.
 */
export async function resign(
  request: RawRequest,
  payload: Payload,
  { host, target: raw = request.target, region, service, key }: Destination,
  { now, bodyLength }: Signing,
): Promise<Resigned> {
  const target = parseTarget(raw);
  const line = payloadLine(payload);
  if (!target || line === undefined) throw new Error('A request is signed once it is verified, not before.');

  const received = headersOf(request.headers);
  const sent: RawHeader[] = [
    ['host', host],
    ...[...received].filter(([name]) => isSentOn(name)).map(([name, values]) => [name, values.join(',')] as const),
    ['x-amz-content-sha256', line],
  ];
  // The signer takes text where the wire takes bytes.
  const signable = sent.filter(([name]) => set.has(name) || isSignedAgain(name));
  const headers = Object.fromEntries(signable.map(([name, value]) => [name, textOf(value) ?? value]));
  const asked = { method: request.method, protocol: 'https:', hostname: host, path: target.path };
  const signer = new SignatureV4({
    service,
    region,
    credentials: key,
    sha256: NodeSha256,
    uriEscapePath: !isS3Family(service),
    applyChecksum: false,
  });
  const signed = await signer.sign({ ...asked, query: bagOf(target.query), headers }, { signingDate: now });

  const added = ['x-amz-date', 'x-amz-security-token', 'authorization'].flatMap((name): RawHeader[] => {
    const value = signed.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  const scope = { date: basicTime(now).slice(0, 8), region, service };
  return {
    target: raw,
    headers: [...sent, ...added, ...framing(received, bodyLength)],
    chunks: {
      key: await getSigningKey(NodeSha256, key, scope.date, region, service),
      scope,
      time: basicTime(now),
      signature: signed.headers.authorization?.slice(-64) ?? '',
    },
  };
}

/** Not the client's, but signed as well. */
const set = new Set(['host', 'x-amz-content-sha256']);

function framing(received: Headers, bodyLength: number | undefined): RawHeader[] {
  if (bodyLength !== undefined) return [['content-length', String(bodyLength)]];
  if (received.has('transfer-encoding')) return [['transfer-encoding', 'chunked']];
  const length = firstOf(received, 'content-length');
  return length === undefined ? [] : [['content-length', length]];
}

function bagOf(query: Target['query']): Record<string, string[]> {
  const bag = new Map<string, string[]>();
  for (const [name, value] of query) bag.set(name, [...(bag.get(name) ?? []), value]);
  return Object.fromEntries(bag);
}

/** The shape in which the signer wants its digest. */
class NodeSha256 {
  #state: Hash | Hmac;
  readonly #secret;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#state = this.#fresh();
  }

  update(data: Uint8Array): void {
    this.#state.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#state.digest();
  }

  reset(): void {
    this.#state = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytesOf(source: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof source === 'string') return Buffer.from(source);
  if (source instanceof ArrayBuffer) return Buffer.from(source);
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}
