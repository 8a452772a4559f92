import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { auth, http } from 'aws-crt';

export type Keys = Readonly<Record<string, { secretAccessKey: string; sessionToken?: string }>>;

/** Who signed a request, and for what; `region` and `service` are those of the signature. */
export type Signed = {
  accessKeyId: string;
  secretAccessKey: string;
  date: string;
  region: string;
  service: string;
  /** `x-amz-date`. */
  time: string;
  signature: string;
  /** `x-amz-content-sha256`. */
  payload?: string;
};

/** Why AWS would not take a request. */
export class NotTaken extends Error {
  override name = 'NotTaken';
  constructor(
    readonly code: string,
    message: string,
    readonly status = 403,
  ) {
    super(message);
  }
}

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
const skewMs = 15 * 60_000;

/**
 * Verifies a request with AWS's own library: what was signed is signed once more and must come out the same. `body` is
 * read only where the request does not say its hash. Throws `NotTaken`.
 */
export async function checkedRequest(
  { method = '', url = '', rawHeaders }: IncomingMessage,
  keys: Keys,
  body: () => Promise<Buffer>,
): Promise<Signed> {
  const headers = headersOf(rawHeaders);
  const [, accessKeyId = '', date = '', region = '', service = '', list = '', signature = ''] =
    form.exec(headers.get('authorization') ?? '') ?? [];
  if (!accessKeyId) throw new NotTaken('MissingAuthenticationToken', 'The request has no signature.');
  const key = keys[accessKeyId];
  if (!key) throw new NotTaken('InvalidClientTokenId', `No key ${accessKeyId} is known.`);
  if (headers.get('x-amz-security-token') !== key.sessionToken)
    throw new NotTaken('InvalidToken', 'The session token is not the one of the key.');
  const time = headers.get('x-amz-date') ?? '';
  const at = dateOf(time);
  if (!time.startsWith(date) || Math.abs(Date.now() - at.getTime()) > skewMs)
    throw new NotTaken('RequestTimeTooSkewed', 'The time of the request is too far away.');

  const names = list.split(';');
  if (!names.includes('host')) throw new NotTaken('AccessDenied', 'The host is not signed.');
  const loose = [...headers.keys()].find((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (loose)
    throw new NotTaken('AccessDenied', `There were headers present in the request which were not signed: ${loose}`);
  const payload = headers.get('x-amz-content-sha256');
  const line = payload ?? sha256(await body());
  const again = await signAgain({ method, url, headers, names, at, region, service, payload, line }, accessKeyId, key);
  if (again !== signature)
    throw new NotTaken('SignatureDoesNotMatch', 'The signature is not the one that was calculated.');
  const { secretAccessKey } = key;
  return { accessKeyId, secretAccessKey, date, region, service, time, signature, ...(payload && { payload }) };
}

/** What the library adds by itself. */
const itsOwn = new Set(['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token']);

type Question = {
  method: string;
  url: string;
  headers: ReadonlyMap<string, string>;
  names: readonly string[];
  at: Date;
  region: string;
  service: string;
  payload: string | undefined;
  line: string;
};

async function signAgain(question: Question, accessKeyId: string, key: Keys[string]): Promise<string | undefined> {
  const { method, url, headers, names, at, region, service, payload, line } = question;
  const given = names
    .filter((name) => !itsOwn.has(name))
    .map((name): [string, string] => [name, headers.get(name) ?? '']);
  const isS3 = service.startsWith('s3');
  const signed = await auth.aws_sign_request(new http.HttpRequest(method, url, new http.HttpHeaders(given)), {
    algorithm: auth.AwsSigningAlgorithm.SigV4,
    signature_type: auth.AwsSignatureType.HttpRequestViaHeaders,
    provider: auth.AwsCredentialsProvider.newStatic(accessKeyId, key?.secretAccessKey ?? '', key?.sessionToken),
    region,
    service,
    date: at,
    use_double_uri_encode: !isS3,
    should_normalize_uri_path: !isS3,
    signed_body_value: line,
    signed_body_header: auth.AwsSignedBodyHeaderType[payload === undefined ? 'None' : 'XAmzContentSha256'],
  });
  const [, , , , , list, signature] = form.exec(signed.headers.get('authorization')) ?? [];
  return list === names.join(';') ? signature : undefined;
}

function headersOf(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = Buffer.from(raw[at + 1] ?? '', 'latin1').toString();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

function dateOf(time: string): Date {
  return new Date(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
