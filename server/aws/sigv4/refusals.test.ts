/*
 * A refusal tells the client what to do, under the name that AWS has for it. None of them is an error of the server to
 * which an SDK would answer by trying again.
 */
import { describe, expect, test } from 'vitest';
import { namedKey } from './access-key-id.ts';
import { refusalAnswer } from './refusals.ts';
import type { SigV4Refusal } from './request.ts';

const codes: [SigV4Refusal, status: number, xml: string, json: string][] = [
  ['signature', 403, 'SignatureDoesNotMatch', 'InvalidSignatureException'],
  ['skewed', 403, 'RequestTimeTooSkewed', 'RequestTimeTooSkewed'],
  ['unsigned_headers', 403, 'AccessDenied', 'AccessDenied'],
  ['payload_hash', 400, 'XAmzContentSHA256Mismatch', 'InvalidSignatureException'],
  ['body_too_large', 413, 'EntityTooLarge', 'RequestEntityTooLargeException'],
  ['bodies_too_large', 413, 'EntityTooLarge', 'RequestEntityTooLargeException'],
  ['event_stream', 501, 'NotImplemented', 'NotImplemented'],
  ['missing_authentication', 403, 'MissingAuthenticationToken', 'MissingAuthenticationTokenException'],
];

test.each(codes)('%s', (refusal, status, xml, json) => {
  expect(refusalAnswer(refusal, { json: false })).toMatchObject({ status, code: xml });
  expect(refusalAnswer(refusal, { json: true })).toMatchObject({ status, code: json });
});

test('unsigned headers are named in the words of AWS, which tools look for', () => {
  const { sentence } = refusalAnswer('unsigned_headers', { json: false });
  expect(sentence).toBe('There were headers present in the request which were not signed');
});

describe('an access key id', () => {
  test.each([
    ['TOKEN1#prod', 'TOKEN1', 'prod'],
    ['TOKEN1', 'TOKEN1', ''],
    ['TOKEN1#', 'TOKEN1', ''],
    ['TOKEN1#name:a#b c', 'TOKEN1', 'name:a#b c'],
    ['#prod', '', 'prod'],
  ])('%s', (accessKeyId, tokenId, record) => {
    expect(namedKey(accessKeyId)).toEqual({ tokenId, record });
  });
});
