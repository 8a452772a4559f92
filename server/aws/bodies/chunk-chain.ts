import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { emptyHash } from '../sigv4/request.ts';
import type { ChunkSeed } from '../sigv4/resign.ts';
import { scopeText } from '../sigv4/signing-key.ts';

/** Signatures of chunks, each over its own bytes and the signature before it. */
export type ChunkChain = {
  /** The signature of the next chunk, whose bytes have this SHA-256 (hexadecimal, as everything here). */
  chunk(hash: string): string;
  /** The signature of the trailer, as lines of `name:value`. */
  trailer(lines: string): string;
};

export function chunkChain({ key, scope, time, signature }: ChunkSeed): ChunkChain {
  let previous = signature;
  const sign = (kind: string, ...hashes: string[]) => {
    const text = [`AWS4-HMAC-SHA256-${kind}`, time, scopeText(scope), previous, ...hashes].join('\n');
    previous = createHmac('sha256', key).update(text).digest('hex');
    return previous;
  };
  return {
    chunk: (hash) => sign('PAYLOAD', emptyHash, hash),
    trailer: (lines) => sign('TRAILER', createHash('sha256').update(lines, 'latin1').digest('hex')),
  };
}

/** Compares two signatures of 64 hexadecimal digits in constant time. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}
