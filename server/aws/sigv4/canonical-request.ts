import { createHash } from 'node:crypto';
import { canonicalPath } from './canonical-path.ts';
import { canonicalValue, type Headers } from './headers.ts';
import { escaped, type Target } from './target.ts';

/** What is signed, but for the body: `signedHeaders` are lower-case, sorted and all there. */
export type Signable = {
  method: string;
  target: Target;
  headers: Headers;
  signedHeaders: readonly string[];
  service: string;
};

/** SHA-256 of the canonical request, in hexadecimal. `payloadHash` is its last line: a digest or one of the literals. */
export function canonicalRequestHash(signable: Signable, payloadHash: string): string {
  // Latin1 gives back the bytes that stood on the wire.
  return createHash('sha256').update(canonicalRequest(signable, payloadHash), 'latin1').digest('hex');
}

export function canonicalRequest(signable: Signable, payloadHash: string): string {
  const { method, target, headers, signedHeaders, service } = signable;
  const lines = signedHeaders.map((name) => `${name}:${canonicalValue(headers.get(name) ?? [])}`);
  return [
    method,
    canonicalPath(target.path, service),
    canonicalQuery(target.query),
    ...lines,
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** Each side escaped anew, sorted by name and then by value. */
export function canonicalQuery(query: Target['query']): string {
  return query
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .sort(([a, x], [b, y]) => ascending(a, b) || ascending(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** By code unit, which for ASCII is by byte. */
function ascending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
