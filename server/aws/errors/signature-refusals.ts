import type { SigV4Refusal } from '../sigv4/request.ts';
import type { Codes, Told } from './answer.ts';

const denied: Codes = { xml: 'AccessDenied', json: 'AccessDeniedException', ec2: 'UnauthorizedOperation' };
const missing: Codes = {
  xml: 'MissingAuthenticationToken',
  json: 'MissingAuthenticationTokenException',
  s3: 'AccessDenied',
  ec2: 'AuthFailure',
};
const malformed: Codes = {
  xml: 'IncompleteSignature',
  json: 'IncompleteSignatureException',
  s3: 'AuthorizationHeaderMalformed',
};
const mismatch: Codes = {
  xml: 'SignatureDoesNotMatch',
  json: 'InvalidSignatureException',
  ec2: 'AuthFailure',
};
// Clients set their clock by these and the Date beside them, and then try once more.
const skewed: Codes = {
  xml: 'RequestTimeTooSkewed',
  json: 'InvalidSignatureException',
  ec2: 'RequestExpired',
};
const invalid: Codes = { xml: 'InvalidRequest', json: 'ValidationException' };
const notImplemented: Codes = { xml: 'NotImplemented', json: 'UnsupportedOperationException' };
const tooLarge: Codes = { xml: 'RequestEntityTooLarge', json: 'RequestEntityTooLargeException', s3: 'EntityTooLarge' };
const badDigest: Codes = { ...mismatch, s3: 'XAmzContentSHA256Mismatch' };
const incomplete: Codes = { ...invalid, s3: 'IncompleteBody' };

const answers: Readonly<Record<SigV4Refusal, readonly [status: number, codes: Codes, message: string]>> = {
  malformed_target: [400, { ...invalid, s3: 'InvalidURI' }, 'The request line holds no path that can be signed.'],
  duplicate_header: [400, invalid, 'A header that may come once is there twice.'],
  ambiguous_length: [400, invalid, 'The request has both a content length and a transfer encoding.'],
  missing_authentication: [
    403,
    missing,
    'The request is not signed. Sign it with your API token; for commands that sign you in somewhere else, put that host in NO_PROXY.',
  ],
  post_form: [403, denied, 'Upload forms of a browser are not supported here. Use PutObject.'],
  presigned: [
    403,
    denied,
    'Presigned URLs are not accepted here. Make the call itself, signed in the Authorization header.',
  ],
  both_forms: [
    400,
    { ...invalid, s3: 'InvalidArgument' },
    'The request is signed in a header and in its query; only one is allowed.',
  ],
  signature_v2: [403, denied, 'Signature version 2 is not accepted here. Use version 4.'],
  sigv4a: [
    403,
    denied,
    'Signatures for several regions (version 4A) are not accepted here. Call the endpoint of one region.',
  ],
  bearer: [
    403,
    denied,
    'Bearer tokens, such as API keys of Amazon Bedrock, are not accepted here. Unset AWS_BEARER_TOKEN_BEDROCK.',
  ],
  unsupported_algorithm: [400, malformed, 'The algorithm of the signature is not AWS4-HMAC-SHA256.'],
  malformed_authorization: [400, malformed, 'The Authorization header cannot be read.'],
  session_token: [
    403,
    denied,
    'The request carries a session token, so it was signed with keys of AWS. Unset AWS_SESSION_TOKEN and sign with your API token.',
  ],
  malformed_header: [400, invalid, 'A header that is signed cannot be read.'],
  unsigned_headers: [403, denied, 'There were headers present in the request which were not signed.'],
  absent_signed_header: [403, mismatch, 'The signature covers a header that did not arrive.'],
  date: [403, { ...missing, s3: 'AccessDenied' }, 'The request has no date that can be read.'],
  scope_date: [400, malformed, 'The day in the credential is not the day of the request.'],
  skewed: [403, skewed, 'The time of the request is too far from the time here. Check the clock of your machine.'],
  unsupported_payload: [400, invalid, 'x-amz-content-sha256 says nothing that is known.'],
  event_stream: [501, notImplemented, 'Streams of signed events are not supported here.'],
  signature: [
    403,
    mismatch,
    'The API token is unknown or has expired, or its secret is not the one this request was signed with.',
  ],
  payload_hash: [400, badDigest, 'The body is not the one that was signed.'],
  body_too_large: [
    413,
    tooLarge,
    'The body is too large to be read before it is forwarded. Let the client send its SHA-256 ahead.',
  ],
  bodies_too_large: [
    503,
    { xml: 'SlowDown', json: 'ThrottlingException' },
    'Too many large requests at once. Try again in a moment.',
  ],
  malformed_chunk: [400, incomplete, 'A chunk of the body cannot be read.'],
  chunk_too_large: [400, { ...invalid, s3: 'InvalidChunkSizeError' }, 'A chunk of the body is too large.'],
  chunk_too_small: [
    403,
    { ...invalid, s3: 'InvalidChunkSizeError' },
    'Only the last chunk may have fewer than 8192 bytes.',
  ],
  chunk_signature: [403, mismatch, 'The signature of a chunk does not match it.'],
  malformed_trailer: [400, { ...invalid, s3: 'MalformedTrailerError' }, 'The trailer of the body cannot be read.'],
  trailer_signature: [403, mismatch, 'The signature of the trailer does not match it.'],
  decoded_length: [400, incomplete, 'The body is not as long as x-amz-decoded-content-length says.'],
  incomplete_body: [400, incomplete, 'The body ended before its last chunk.'],
};

/** What a client is told whose signature, or whose body, is not taken. */
export function signatureRefusal(refusal: SigV4Refusal): Told {
  const [status, codes, message] = answers[refusal];
  return { status, codes, message };
}
