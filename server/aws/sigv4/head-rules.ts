import type { Headers } from './headers.ts';
import { canonicalValue, textOf } from './headers.ts';
import type { HeadRefusal } from './request.ts';
import { isSignedAgain } from './sent-on.ts';

/** Where one reader may take the first and another the last. */
const onlyOnce = [
  'host',
  'authorization',
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'date',
  'x-amz-date',
  'x-amz-target',
  'x-amz-content-sha256',
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-security-token',
  'x-amz-s3session-token',
];

/** Looks at headers before anything is decided by one of them. */
export function ambiguity(headers: Headers): HeadRefusal | undefined {
  if (onlyOnce.some((name) => (headers.get(name)?.length ?? 0) > 1)) return 'duplicate_header';
  return headers.has('content-length') && headers.has('transfer-encoding') ? 'ambiguous_length' : undefined;
}

/**
 * Everything that AWS gives a meaning must be signed by the client: what is forwarded is signed again, and would turn
 * authentic. Only the payload's hash may be unsigned, because the signature covers its value anyway.
 */
export function coverage(headers: Headers, signedHeaders: readonly string[]): HeadRefusal | undefined {
  if (headers.has('x-amz-security-token') || headers.has('x-amz-s3session-token')) return 'session_token';
  if (signedHeaders.some((name) => !headers.has(name))) return 'absent_signed_header';
  const signed = new Set(signedHeaders);
  const isBare = (name: string) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signed.has(name);
  if (!signed.has('host') || [...headers.keys()].some(isBare)) return 'unsigned_headers';
  const unreadable = ([name, values]: [string, readonly string[]]) =>
    isSignedAgain(name) && textOf(canonicalValue(values)) === undefined;
  return [...headers].some(unreadable) ? 'malformed_header' : undefined;
}
