import type { RawHeader, RawRequest } from '../sigv4/request.ts';
import { crt, sha256, type Unsigned } from './signers.ts';

/** The token that signs in tests, and when. */
export const secret = 'the secret of the token';
export const key = { accessKeyId: 'TOKEN1#prod', secretAccessKey: secret };
export const at = new Date('2026-11-20T13:24:05Z');

export const dynamo: Unsigned = {
  method: 'POST',
  target: '/',
  headers: {
    host: 'dynamodb.eu-central-1.amazonaws.com',
    'content-type': 'application/x-amz-json-1.0',
    'content-length': '2',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  },
  region: 'eu-central-1',
  service: 'dynamodb',
  bodyHash: sha256('{}'),
  saysHash: true,
  at,
};
export const s3: Unsigned = {
  method: 'PUT',
  target: '/bucket/dir//x/../big%20one.bin?partNumber=1&uploadId=a%2Fb',
  headers: { host: 's3.eu-central-1.amazonaws.com', 'content-length': '5' },
  region: 'eu-central-1',
  service: 's3',
  bodyHash: 'UNSIGNED-PAYLOAD',
  saysHash: true,
  at,
};

/** A request to DynamoDB, or what is named instead, signed by a signer that is not ours. */
export const signed = (unsigned: Partial<Unsigned> = {}, by = key) => crt({ ...dynamo, ...unsigned }, by);

export const adding = (request: RawRequest, ...headers: RawHeader[]): RawRequest => ({
  ...request,
  headers: [...request.headers, ...headers],
});
export const without = (request: RawRequest, ...names: string[]): RawRequest => ({
  ...request,
  headers: request.headers.filter(([name]) => !names.includes(name.toLowerCase())),
});
export const replacing = (request: RawRequest, name: string, value: string): RawRequest =>
  adding(without(request, name), [name, value]);
export const authorization = (request: RawRequest) =>
  request.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? '';
/** With the Authorization header changed; throws where there was nothing to change. */
export const rewriting = (request: RawRequest, from: string | RegExp, to: string): RawRequest => {
  const before = authorization(request);
  const after = before.replace(from, to);
  if (after === before) throw new Error(`Nothing to rewrite in ${before}`);
  return replacing(request, 'authorization', after);
};
export const asking = (request: RawRequest, target: string): RawRequest => ({ ...request, target });
