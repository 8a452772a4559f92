/*
 * Whatever is not a request that a living token signed earns exactly one refusal, found before the token is looked for
 * wherever the head alone tells, and never by throwing.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  adding,
  asking,
  at,
  dynamo,
  key,
  replacing,
  rewriting,
  s3,
  secret,
  signed,
  without,
} from '../testing/signed-requests.ts';
import { sha256, type Unsigned } from '../testing/signers.ts';
import type { RawRequest, SigV4Refusal } from './request.ts';
import { verify } from './verify.ts';

const lookUp = vi.fn(async (id: string) => (id === key.accessKeyId ? { secret, token: { id } } : undefined));
beforeEach(() => vi.clearAllMocks());

const answerTo = (request: RawRequest, now = at) => verify(request, lookUp, now);

/** The refusal; `accepted` or `unfinished` where there is none. */
async function refusalOf(request: RawRequest, now = at): Promise<SigV4Refusal | 'accepted' | 'unfinished'> {
  const answer = await answerTo(request, now);
  if (!answer.ok) return answer.refusal;
  return answer.verified ? 'accepted' : 'unfinished';
}

type Bad = [
  what: string,
  refusal: SigV4Refusal,
  change: (request: RawRequest) => RawRequest,
  unsigned?: Partial<Unsigned>,
];

const query =
  '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=T%2F20261120%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261120T132405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00';
const nothing = (request: RawRequest) => request;
const noClaim = (request: RawRequest) => without(request, 'authorization');
const claiming = (value: string) => (request: RawRequest) => replacing(request, 'authorization', value);

const otherForms: Bad[] = [
  ['no signature', 'missing_authentication', noClaim],
  ['an empty Authorization', 'unsupported_algorithm', claiming('')],
  ['a presigned URL', 'presigned', (request) => asking(noClaim(request), query)],
  [
    'a presigned URL of which only the signature is left',
    'presigned',
    (request) => asking(noClaim(request), '/?x-amz-SIGNATURE=0'),
  ],
  ['a presigned URL with escaped names', 'presigned', (request) => asking(noClaim(request), '/?X%2DAmz-Signature=0')],
  ['both forms', 'both_forms', (request) => asking(request, query)],
  ['a session token in the query besides', 'both_forms', (request) => asking(request, '/?X-Amz-Security-Token=t')],
  ['Signature Version 2 in the header', 'signature_v2', claiming('AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=')],
  [
    'Signature Version 2 in the query',
    'signature_v2',
    (request) => asking(noClaim(request), '/k?AWSAccessKeyId=A&Expires=1&Signature=s'),
  ],
  [
    'Signature Version 2 besides',
    'both_forms',
    (request) => asking(request, '/k?AWSAccessKeyId=A&Expires=1&Signature=s'),
  ],
  ['Signature Version 4A', 'sigv4a', (request) => rewriting(request, 'AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')],
  ['a bearer token', 'bearer', claiming('Bearer ABSKQmVkcm9jaw==')],
  ['Basic', 'unsupported_algorithm', claiming('Basic VDpz')],
  ['a digest of our own making', 'unsupported_algorithm', (request) => rewriting(request, 'SHA256', 'SHA512')],
  [
    'the oldest form of Route 53',
    'unsupported_algorithm',
    claiming('AWS3-HTTPS AWSAccessKeyId=A,Algorithm=HmacSHA1,Signature=s'),
  ],
  [
    'an upload form',
    'post_form',
    (request) => replacing(noClaim(request), 'content-type', 'multipart/form-data; boundary=b'),
  ],
  ['a session token', 'session_token', nothing, { headers: { ...dynamo.headers, 'x-amz-s3session-token': 't' } }],
  ['a session token nobody signed', 'session_token', (request) => adding(request, ['X-Amz-Security-Token', 't'])],
];

const claims: Bad[] = [
  ['only the algorithm', 'malformed_authorization', claiming('AWS4-HMAC-SHA256')],
  ['no credential', 'malformed_authorization', (request) => rewriting(request, /Credential=[^,]+, /, '')],
  ['an empty access key id', 'malformed_authorization', (request) => rewriting(request, 'TOKEN1#prod', '')],
  [
    'another order',
    'malformed_authorization',
    (request) => rewriting(request, /(SignedHeaders=[^,]+), (Signature=.+)/, '$2, $1'),
  ],
  [
    'another end of the scope',
    'malformed_authorization',
    (request) => rewriting(request, 'aws4_request', 'aws5_request'),
  ],
  ['no region', 'malformed_authorization', (request) => rewriting(request, 'eu-central-1', '')],
  [
    'a region with a line end',
    'malformed_authorization',
    (request) => rewriting(request, 'eu-central-1', 'eu\ncentral'),
  ],
  ['a service with a dollar', 'malformed_authorization', (request) => rewriting(request, '/dynamodb/', '/dyna$modb/')],
  ['a signature cut short', 'malformed_authorization', (request) => rewriting(request, /.$/, '')],
  ['a signature with more behind it', 'malformed_authorization', (request) => rewriting(request, /$/, '0')],
  [
    'a signature in capitals',
    'malformed_authorization',
    (request) => rewriting(request, /Signature=.+/, `Signature=${'AB'.repeat(32)}`),
  ],
  [
    'a control character in the id',
    'malformed_authorization',
    (request) => rewriting(request, 'TOKEN1', 'TOKEN\u009b'),
  ],
  [
    'bytes in the id that are no text',
    'malformed_authorization',
    (request) => rewriting(request, 'TOKEN1', 'TOKEN\u00ff'),
  ],
  ['an id without end', 'malformed_authorization', (request) => rewriting(request, 'TOKEN1', 'T'.repeat(600))],
  [
    'a header without end',
    'malformed_authorization',
    (request) => rewriting(request, 'TOKEN1', '/20261120'.repeat(2000)),
  ],
  ['signed headers in capitals', 'malformed_authorization', (request) => rewriting(request, ';host', ';Host')],
  [
    'signed headers out of order',
    'malformed_authorization',
    (request) => rewriting(request, /SignedHeaders=([^;]+);([^;,]+)/, 'SignedHeaders=$2;$1'),
  ],
  ['a signed header twice', 'malformed_authorization', (request) => rewriting(request, ';host', ';host;host')],
  [
    'the authorization itself as signed',
    'malformed_authorization',
    (request) => rewriting(request, 'SignedHeaders=', 'SignedHeaders=authorization;'),
  ],
  [
    'a signed header that is not there',
    'absent_signed_header',
    (request) => rewriting(request, ';host', ';fooled;host'),
  ],
  ['a signed header taken away', 'absent_signed_header', (request) => without(request, 'content-type')],
];

const coverage: Bad[] = [
  ['a host that is not signed', 'unsigned_headers', (request) => rewriting(request, ';host', '')],
  ['a target that is not signed', 'unsigned_headers', (request) => rewriting(request, ';x-amz-target', '')],
  [
    'a copy source nobody signed',
    'unsigned_headers',
    (request) => adding(request, ['x-amz-copy-source', '/secret/key']),
  ],
  ['one in capitals', 'unsigned_headers', (request) => adding(request, ['X-AMZ-ACL', 'public-read'])],
  ['a date nobody signed', 'unsigned_headers', (request) => rewriting(request, ';x-amz-date', '')],
  ['two hosts', 'duplicate_header', (request) => adding(request, ['Host', 'evil.example.com'])],
  ['two signatures', 'duplicate_header', (request) => adding(request, ['authorization', 'AWS a:b'])],
  ['two dates', 'duplicate_header', (request) => adding(request, ['X-Amz-Date', '20261120T132406Z'])],
  ['two targets', 'duplicate_header', (request) => adding(request, ['x-amz-target', 'DynamoDB_20120810.DeleteTable'])],
  ['two hashes', 'duplicate_header', (request) => adding(request, ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'])],
  ['two lengths', 'duplicate_header', (request) => adding(request, ['content-length', '3'])],
  [
    'two transfer encodings',
    'duplicate_header',
    (request) => adding(request, ['transfer-encoding', 'chunked'], ['transfer-encoding', 'identity']),
  ],
  ['two content types', 'duplicate_header', (request) => adding(request, ['content-type', 'text/plain'])],
  [
    'a length and a transfer encoding',
    'ambiguous_length',
    (request) => adding(request, ['transfer-encoding', 'chunked']),
  ],
  ['bytes in a header that are no text', 'malformed_header', (request) => adding(request, ['x-custom', '\xff\xfe'])],
];

const targets: Bad[] = [
  'http://dynamodb.eu-central-1.amazonaws.com/',
  '*',
  '',
  'dynamodb.eu-central-1.amazonaws.com:443',
  '/#fragment',
  '/a b',
  '/ü',
  '/\x00',
  '/%',
  '/%zz',
  '/%ff',
  '/?a=%f',
  '/?a=%c3',
].map(
  (target): Bad => [`the target ${JSON.stringify(target)}`, 'malformed_target', (request) => asking(request, target)],
);

const times: Bad[] = [
  ['no date at all', 'date', (request) => rewriting(without(request, 'x-amz-date'), ';x-amz-date', '')],
  ['a date that is none', 'date', (request) => replacing(request, 'x-amz-date', '20261320T000000Z')],
  ['an hour that is none', 'date', (request) => replacing(request, 'x-amz-date', '20261120T250000Z')],
  ['a date with dashes', 'date', (request) => replacing(request, 'x-amz-date', '2026-11-20T13:24:05Z')],
  [
    'a bad date beside a good one',
    'date',
    (request) => adding(replacing(request, 'x-amz-date', 'now'), ['date', 'Fri, 20 Nov 2026 13:24:05 GMT']),
  ],
  [
    'a wrong day of the week',
    'date',
    (request) =>
      rewriting(adding(without(request, 'x-amz-date'), ['date', 'Mon, 20 Nov 2026 13:24:05 GMT']), ';x-amz-date', ''),
  ],
  [
    'a date in another zone',
    'date',
    (request) =>
      rewriting(adding(without(request, 'x-amz-date'), ['date', 'Fri, 20 Nov 2026 13:24:05 +0100']), ';x-amz-date', ''),
  ],
  ['the scope of another day', 'scope_date', (request) => rewriting(request, '20261120', '20261119')],
  ['a date of another day', 'scope_date', (request) => replacing(request, 'x-amz-date', '20261119T235959Z')],
  ['an old date', 'skewed', nothing, { at: new Date('2026-11-20T13:19:04Z') }],
  ['a date to come', 'skewed', nothing, { at: new Date('2026-11-20T13:29:06Z') }],
];

const chunks = { ...s3, headers: { ...s3.headers, 'x-amz-decoded-content-length': '5' } };
const payloads: Bad[] = [
  ['a hash in capitals', 'unsupported_payload', nothing, { bodyHash: sha256('').toUpperCase() }],
  ['a hash cut short', 'unsupported_payload', nothing, { bodyHash: sha256('').slice(1) }],
  ['a kind of body nobody knows', 'unsupported_payload', nothing, { bodyHash: 'UNSIGNED' }],
  [
    'chunks of Signature Version 4A',
    'unsupported_payload',
    nothing,
    { bodyHash: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' },
  ],
  [
    'chunks and trailer of Signature Version 4A',
    'unsupported_payload',
    nothing,
    { bodyHash: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER' },
  ],
  ['signed events', 'event_stream', nothing, { bodyHash: 'STREAMING-AWS4-HMAC-SHA256-EVENTS' }],
  ['the hash of a body where there is none', 'payload_hash', nothing, { headers: { host: 'h' } }],
  [
    'chunks of which nobody says the length',
    'decoded_length',
    nothing,
    { ...s3, bodyHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
  ],
  [
    'chunks whose length is no number',
    'decoded_length',
    nothing,
    {
      ...chunks,
      headers: { ...chunks.headers, 'x-amz-decoded-content-length': '-1' },
      bodyHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    },
  ],
  [
    'chunks without a body',
    'incomplete_body',
    nothing,
    {
      ...chunks,
      headers: { host: 'h', 'x-amz-decoded-content-length': '5' },
      bodyHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    },
  ],
  [
    'a trailer that is not announced',
    'malformed_trailer',
    nothing,
    { ...chunks, bodyHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER' },
  ],
];

const signatures: Bad[] = [
  ['another path', 'signature', (request) => asking(request, '/other')],
  ['another query', 'signature', (request) => asking(request, '/?a')],
  ['another region', 'signature', (request) => rewriting(request, '/eu-central-1/', '/eu-central-2/')],
  ['another service', 'signature', (request) => rewriting(request, '/dynamodb/', '/s3/')],
  ['another token', 'signature', (request) => rewriting(request, 'TOKEN1', 'TOKEN2')],
  ['another record', 'signature', (request) => rewriting(request, '#prod', '#test')],
  ['another method', 'signature', (request) => ({ ...request, method: 'PUT' })],
  [
    'a signed header twice',
    'signature',
    (request) => adding(request, ['amz-sdk-request', 'attempt=2']),
    { headers: { ...dynamo.headers, 'amz-sdk-request': 'attempt=1' } },
  ],
];

/** Refusals for which the token had to be looked for. */
const told = new Set<SigV4Refusal>([
  'signature',
  'payload_hash',
  'decoded_length',
  'incomplete_body',
  'malformed_trailer',
]);

describe('what is refused', () => {
  const groups = { otherForms, claims, coverage, targets, times, payloads, signatures };
  test.each(Object.values(groups).flat())('%s: %s', async (_, refusal, change, unsigned) => {
    expect(await refusalOf(change(await signed(unsigned)))).toBe(refusal);
    expect(lookUp).toHaveBeenCalledTimes(told.has(refusal) ? 1 : 0);
  });

  test('what is wrong with a body is told only to whom the token belongs', async () => {
    const bare = await signed({ headers: { host: 'h' } });
    expect(await refusalOf(bare)).toBe('payload_hash');
    expect(await refusalOf(rewriting(bare, /Signature=.+/, `Signature=${'0'.repeat(64)}`))).toBe('signature');
    expect(await refusalOf(rewriting(bare, 'TOKEN1', 'TOKEN2'))).toBe('signature');
  });

  test('any bytes at all, without throwing', async () => {
    const bytes = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 60,
    });
    const name = fc.oneof(
      bytes,
      fc.constantFrom('host', 'authorization', 'x-amz-date', 'date', 'x-amz-content-sha256', '__proto__'),
    );
    const value = fc.oneof(
      bytes,
      bytes.map((rest) => `AWS4-HMAC-SHA256 Credential=${rest}`),
    );
    await fc.assert(
      fc.asyncProperty(
        bytes,
        bytes,
        fc.array(fc.tuple(name, value), { maxLength: 6 }),
        async (method, target, headers) => {
          expect((await answerTo({ method, target: `/${target}`, headers })).ok).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
