import type { SigV4Refusal } from './request.ts';

/** What a client is told. `code` is AWS's own where it has one, so that SDKs treat it as they would there. */
export type RefusalAnswer = { status: number; code: string; sentence: string };

/** `json` is the name that services with JSON answers use, where it differs. */
type Entry = readonly [status: number, code: string | { xml: string; json: string }, sentence: string];

const signatureCode = { xml: 'SignatureDoesNotMatch', json: 'InvalidSignatureException' };
const incomplete = { xml: 'IncompleteSignature', json: 'IncompleteSignatureException' };
const tooLarge = { xml: 'EntityTooLarge', json: 'RequestEntityTooLargeException' };
const useToken =
  'Sign with Signature Version 4 in the Authorization header, with the id and secret of a token of this gateway.';

const entries: Record<SigV4Refusal, Entry> = {
  malformed_target: [400, 'InvalidURI', 'The request target is not a path, or its escapes are not UTF-8.'],
  duplicate_header: [400, 'InvalidRequest', 'A header that may be there only once is there twice.'],
  ambiguous_length: [400, 'InvalidRequest', 'The request has both Content-Length and Transfer-Encoding.'],
  missing_authentication: [
    403,
    { xml: 'MissingAuthenticationToken', json: 'MissingAuthenticationTokenException' },
    `The request is not signed. ${useToken} Sign-in commands such as aws sso login go around the proxy: name their hosts in NO_PROXY.`,
  ],
  post_form: [403, 'AccessDenied', `Signed upload forms are not supported by this gateway. ${useToken}`],
  presigned: [403, 'AccessDenied', `Presigned URLs are not supported by this gateway. ${useToken}`],
  both_forms: [400, 'InvalidArgument', 'The request is signed in the Authorization header and in its query. Keep one.'],
  signature_v2: [
    400,
    'InvalidRequest',
    'The request is signed with Signature Version 2, which is not supported. Set the client to Signature Version 4.',
  ],
  sigv4a: [
    400,
    'InvalidRequest',
    'The request is signed for several regions (Signature Version 4A), which this gateway does not support yet. Use an endpoint of one region.',
  ],
  bearer: [
    403,
    'AccessDenied',
    'Bearer tokens are not accepted, because they would bypass the record. Unset AWS_BEARER_TOKEN_BEDROCK and sign with a token of this gateway.',
  ],
  unsupported_algorithm: [
    400,
    incomplete,
    `The Authorization header names no algorithm that is supported. ${useToken}`,
  ],
  malformed_authorization: [
    400,
    { xml: 'AuthorizationHeaderMalformed', json: 'IncompleteSignatureException' },
    'The Authorization header cannot be read: it needs Credential, SignedHeaders (lower-case, sorted) and Signature, in this order.',
  ],
  session_token: [
    403,
    { xml: 'InvalidToken', json: 'UnrecognizedClientException' },
    'A token of this gateway has no session token. Unset AWS_SESSION_TOKEN, or remove aws_session_token from the profile.',
  ],
  malformed_header: [400, 'InvalidRequest', 'A header holds bytes that are not UTF-8.'],
  unsigned_headers: [403, 'AccessDenied', 'There were headers present in the request which were not signed'],
  absent_signed_header: [400, incomplete, 'A header that SignedHeaders names is not in the request.'],
  date: [403, incomplete, 'The request needs an X-Amz-Date such as 20261120T132405Z, or a Date.'],
  scope_date: [403, signatureCode, 'The day in the credential scope is not the day of the request.'],
  skewed: [
    403,
    'RequestTimeTooSkewed',
    'The time of the request is too far from the time of this gateway. Set the clock of your machine.',
  ],
  unsupported_payload: [
    400,
    'InvalidArgument',
    'X-Amz-Content-Sha256 is neither a digest nor a kind of body that is supported.',
  ],
  event_stream: [501, 'NotImplemented', 'Streams of signed events are not supported by this gateway.'],
  signature: [
    403,
    signatureCode,
    'The signature is not the one of a valid token. Check the token id and its secret, and whether the token has expired.',
  ],
  payload_hash: [
    400,
    { xml: 'XAmzContentSHA256Mismatch', json: 'InvalidSignatureException' },
    'The body is not the one that was signed.',
  ],
  body_too_large: [413, tooLarge, 'The body is larger than what this gateway takes when its hash is not sent ahead.'],
  bodies_too_large: [413, tooLarge, 'This gateway holds as many bodies as it can. Try again in a moment.'],
  malformed_chunk: [400, 'InvalidRequest', 'The signed chunks of the body cannot be read.'],
  chunk_too_large: [
    400,
    'InvalidChunkSizeError',
    'A signed chunk is larger than what this gateway takes. Use smaller chunks.',
  ],
  chunk_too_small: [400, 'InvalidChunkSizeError', 'Only the last chunk may be smaller than 8192 bytes.'],
  chunk_signature: [403, 'SignatureDoesNotMatch', 'A chunk of the body is not the one that was signed.'],
  malformed_trailer: [400, 'MalformedTrailerError', 'The trailer is not the one that X-Amz-Trailer announces.'],
  trailer_signature: [403, 'SignatureDoesNotMatch', 'The trailer of the body is not the one that was signed.'],
  decoded_length: [
    400,
    'InvalidRequest',
    'X-Amz-Decoded-Content-Length is not the number of bytes that the chunks hold.',
  ],
  incomplete_body: [400, 'IncompleteBody', 'The body ended before its last chunk.'],
};

/** The answer to a refusal; `json` for services that name their errors as JSON services do. */
export function refusalAnswer(refusal: SigV4Refusal, { json }: { json: boolean }): RefusalAnswer {
  const [status, code, sentence] = entries[refusal];
  return { status, code: typeof code === 'string' ? code : code[json ? 'json' : 'xml'], sentence };
}
