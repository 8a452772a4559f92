import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { auth, http } from 'aws-crt';
import { sign as signByAws4 } from 'aws4';
import type { RawHeader, RawRequest } from '../sigv4/request.ts';
import { parseTarget } from '../sigv4/target.ts';

/** A request before it is signed. The header values are text; `bodyHash` is a digest or one of the literals. */
export type Unsigned = {
  method: string;
  target: string;
  headers: Record<string, string>;
  region: string;
  service: string;
  bodyHash: string;
  /** Whether the client says the hash in x-amz-content-sha256. */
  saysHash: boolean;
  at: Date;
};
export type ClientKey = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** Signs as a client would; none of it is our code. */
export type Signer = (unsigned: Unsigned, key: ClientKey) => Promise<RawRequest>;

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

const onlyOnce = (service: string) => !service.startsWith('s3');

/** The SDKs of JavaScript. */
export const smithy: Signer = async (unsigned, key) => {
  const { method, target, region, service, bodyHash, saysHash, at } = unsigned;
  const { path, query } = parseTarget(target) ?? { path: target, query: [] };
  const values = (wanted: string) => query.filter(([name]) => name === wanted).map(([, value]) => value);
  const bag = Object.fromEntries(query.map(([name]) => [name, values(name)]));
  const signer = new SignatureV4({
    service,
    region,
    credentials: key,
    sha256: Sha256,
    uriEscapePath: onlyOnce(service),
    applyChecksum: false,
  });
  // It takes the hash from the header; where the client does not say it, it is taken off again before sending.
  const headers = { ...unsigned.headers, 'x-amz-content-sha256': bodyHash };
  const unsignableHeaders = new Set(saysHash ? [] : ['x-amz-content-sha256']);
  const request = { protocol: 'https:', hostname: unsigned.headers.host ?? '', method, path, query: bag, headers };
  const signed = await signer.sign(request, { signingDate: at, unsignableHeaders });
  const { 'x-amz-content-sha256': hash, ...rest } = signed.headers;
  return onTheWire(method, target, saysHash ? { ...rest, 'x-amz-content-sha256': hash ?? '' } : rest);
};

/** A small signer that many tools use. Without saying the hash it signs an empty body only. */
export const aws4: Signer = async (unsigned, key) => {
  const { method, target, region, service, bodyHash, saysHash, at } = unsigned;
  const said: Record<string, string> = saysHash ? { 'X-Amz-Content-Sha256': bodyHash } : {};
  const headers: Record<string, string> = { ...unsigned.headers, ...said, 'X-Amz-Date': basic(at) };
  const signed = signByAws4({ method, path: target, host: headers.host, region, service, headers }, key);
  const texts = Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]);
  return onTheWire(method, target, Object.fromEntries(texts));
};

/** The C library below the AWS CLI's transfers and many SDKs. */
export const crt: Signer = async (unsigned, key) => {
  const { method, target, region, service, bodyHash, saysHash, at } = unsigned;
  const headers = new http.HttpHeaders(Object.entries(unsigned.headers));
  const request = new http.HttpRequest(method, target, headers);
  const signed = await auth.aws_sign_request(request, {
    algorithm: auth.AwsSigningAlgorithm.SigV4,
    signature_type: auth.AwsSignatureType.HttpRequestViaHeaders,
    provider: auth.AwsCredentialsProvider.newStatic(key.accessKeyId, key.secretAccessKey, key.sessionToken),
    region,
    service,
    date: at,
    use_double_uri_encode: onlyOnce(service),
    should_normalize_uri_path: onlyOnce(service),
    signed_body_value: bodyHash,
    signed_body_header: auth.AwsSignedBodyHeaderType[saysHash ? 'XAmzContentSha256' : 'None'],
  });
  return onTheWire(method, target, Object.fromEntries(signed.headers));
};

export const signers = { smithy, aws4, crt };

function onTheWire(method: string, target: string, headers: Record<string, string>): RawRequest {
  const raw = Object.entries(headers).map(([name, value]): RawHeader => [name, Buffer.from(value).toString('latin1')]);
  return { method, target, headers: raw };
}

function basic(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d+/g, '');
}

class Sha256 {
  readonly #secret;
  readonly #pieces: Uint8Array[] = [];

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret as string | Uint8Array | undefined;
  }
  update(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }
  reset(): void {
    this.#pieces.length = 0;
  }
  async digest(): Promise<Uint8Array> {
    const state = this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
    for (const piece of this.#pieces) state.update(piece);
    return state.digest();
  }
}
