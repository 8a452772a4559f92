/*
 * The worked examples that AWS publishes: their keys, requests and results. Whoever computes these signatures for these
 * requests computes signatures as AWS does.
 */
import { expect, test } from 'vitest';
import { sha256 } from '../testing/signers.ts';
import type { RawHeader } from './request.ts';
import { emptyHash } from './request.ts';
import { signingKeyOf } from './signing-key.ts';
import { verify } from './verify.ts';

const s3 = {
  id: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  scope: '20130524/us-east-1/s3',
};
const suite = {
  id: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  scope: '20150830/us-east-1/service',
};

type Vector = {
  name: string;
  owner: typeof s3;
  line: string;
  headers: Record<string, string>;
  signature: string;
};

const bucket = {
  host: 'examplebucket.s3.amazonaws.com',
  'x-amz-date': '20130524T000000Z',
  'x-amz-content-sha256': emptyHash,
};
const example = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
const chunked = {
  'content-encoding': 'aws-chunked',
  'content-length': '66824',
  host: 's3.amazonaws.com',
  'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'x-amz-date': '20130524T000000Z',
  'x-amz-decoded-content-length': '66560',
  'x-amz-storage-class': 'REDUCED_REDUNDANCY',
};

const vectors: Vector[] = [
  {
    name: 'an object read in part',
    owner: s3,
    line: 'GET /test.txt',
    headers: { ...bucket, range: 'bytes=0-9' },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'an object written, with Date and an escaped key',
    owner: s3,
    line: 'PUT /test%24file.text',
    headers: {
      ...bucket,
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'content-length': '20',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': sha256('Welcome to Amazon S3.'),
    },
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'a query without a value',
    owner: s3,
    line: 'GET /?lifecycle',
    headers: bucket,
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'a query of two items',
    owner: s3,
    line: 'GET /?max-keys=2&prefix=J',
    headers: bucket,
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    name: 'the simplest request',
    owner: suite,
    line: 'GET /',
    headers: example,
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'the head of a body in signed chunks',
    owner: s3,
    line: 'PUT /examplebucket/chunkObject.txt',
    headers: chunked,
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  },
];

/** The published examples sign every header but the length and the date that stands beside x-amz-date. */
function requestOf({ owner, line, headers, signature }: Vector) {
  const [method = '', target = ''] = line.split(' ');
  const isChunked = headers['content-encoding'] !== undefined;
  const names = Object.keys(headers)
    .filter((name) => isChunked || name !== 'content-length')
    .sort();
  const authorization = `AWS4-HMAC-SHA256 Credential=${owner.id}/${owner.scope}/aws4_request,SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { method, target, headers: [...Object.entries(headers), ['authorization', authorization]] as RawHeader[] };
}

const dayOf = ({ owner }: Vector) => new Date(owner === s3 ? '2013-05-24T00:01:00Z' : '2015-08-30T12:36:00Z');

test.each(vectors)('$name', async (vector) => {
  const lookUp = async (id: string) =>
    id === vector.owner.id ? { secret: vector.owner.secret, token: id } : undefined;
  const answer = await verify(requestOf(vector), lookUp, dayOf(vector));
  expect(answer).toMatchObject({
    ok: true,
    verified: { token: vector.owner.id, claim: { signature: vector.signature } },
  });
});

test('the key that the documentation of signing keys derives', () => {
  const key = signingKeyOf(suite.secret, { date: '20120215', region: 'us-east-1', service: 'iam' });
  expect(key.toString('hex')).toBe('f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d');
});
