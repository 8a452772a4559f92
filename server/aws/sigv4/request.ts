/** One header as it stood on the wire. The value is latin1, a character for each byte, as Node gives it. */
export type RawHeader = readonly [name: string, value: string];

/** A request as it arrived: nothing decoded, nothing joined. */
export type RawRequest = {
  method: string;
  /** As on the request line. */
  target: string;
  /** In wire order, duplicates included. */
  headers: readonly RawHeader[];
};

/** What a signature is good for; `date` is a day such as `20261120`. */
export type Scope = { date: string; region: string; service: string };

/** Who signed, as the Authorization header says; `accessKeyId` is `TOKEN-ID#RECORD`, decoded as UTF-8. */
export type Claim = {
  accessKeyId: string;
  scope: Scope;
  signedHeaders: readonly string[];
  /** 64 lower-case hexadecimal digits. */
  signature: string;
  signedAt: Date;
};

/** How the signature covers the body, as `x-amz-content-sha256` says. */
export type PayloadMode =
  | 'absent'
  | 'hash'
  | 'unsigned'
  | 'unsigned_trailer'
  | 'signed_chunks'
  | 'signed_chunks_trailer';

/** `hash` is the body's SHA-256 in hexadecimal: in mode `hash` as the client says it, in mode `absent` as it was read. */
export type Payload = { mode: PayloadMode; hash?: string };

/** A request whose signature is the one of a living token. `signingKey` verifies the chunks that follow it. */
export type Verified<T> = { claim: Claim; payload: Payload; signingKey: Buffer; token: T };

/** Refusals that the head of a request earns. */
export type HeadRefusal =
  /** The target is no path on this host: absolute-form, `*`, a fragment, bytes or escapes that no client sends. */
  | 'malformed_target'
  | 'duplicate_header'
  /** Both content-length and transfer-encoding. */
  | 'ambiguous_length'
  /** No signature at all (`--no-sign-request`, `aws sso login`, operations that need none). */
  | 'missing_authentication'
  /** A browser's upload form, whose signature is one of its fields. */
  | 'post_form'
  | 'presigned'
  /** Signed in the header and in the query. */
  | 'both_forms'
  | 'signature_v2'
  | 'sigv4a'
  /** `Authorization: Bearer`, as with an Amazon Bedrock API key. */
  | 'bearer'
  | 'unsupported_algorithm'
  | 'malformed_authorization'
  /** The client sent x-amz-security-token or x-amz-s3session-token: it signs with keys that are not a token's. */
  | 'session_token'
  | 'malformed_header'
  /** SignedHeaders lacks `host`, or one of the x-amz-* headers that are there. */
  | 'unsigned_headers'
  /** SignedHeaders names a header that is not there. */
  | 'absent_signed_header'
  /** No date, or none that can be read. */
  | 'date'
  /** The day in the scope is not the day of the date. */
  | 'scope_date'
  | 'skewed'
  | 'unsupported_payload'
  /** Events signed one by one. */
  | 'event_stream'
  /** Unknown token, bad signature, expired token: one answer. */
  | 'signature';

/** Refusals that a body earns, before or while it is forwarded. */
export type BodyRefusal =
  /** The body is not the one that was signed. */
  | 'payload_hash'
  | 'body_too_large'
  /** All bodies that are held together are as large as they may be. */
  | 'bodies_too_large'
  | 'malformed_chunk'
  | 'chunk_too_large'
  /** Smaller than 8 KiB and not the last. */
  | 'chunk_too_small'
  | 'chunk_signature'
  | 'malformed_trailer'
  | 'trailer_signature'
  /** x-amz-decoded-content-length is missing, no number, or not what the chunks add up to. */
  | 'decoded_length'
  /** The body ended before its last chunk. */
  | 'incomplete_body';

/** Every reason for which a signed request is not forwarded. */
export type SigV4Refusal = HeadRefusal | BodyRefusal;

/** `claim` is what the request said of itself, believed by nobody, once it could be read. */
export type Refused = { ok: false; refusal: SigV4Refusal; claim?: Claim };

/** The digest of nothing: what a request without a body is signed with. */
export const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
