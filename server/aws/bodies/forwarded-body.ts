import type { Transform } from 'node:stream';
import { firstOf, headersOf } from '../sigv4/headers.ts';
import { decodedLength } from '../sigv4/payload.ts';
import type { RawRequest, Verified } from '../sigv4/request.ts';
import type { ChunkSeed } from '../sigv4/resign.ts';
import { basicTime } from '../sigv4/time.ts';
import { ChunkedBody } from './chunked-body.ts';
import { ComparedBody } from './compared-body.ts';
import type { Room } from './room.ts';

/**
 * What a streamed body goes through on its way to AWS; `undefined` where it goes untouched, or was read whole before.
 * The stream fails with `BodyRefused`: then the connection to AWS must be cut, not ended.
 */
export function bodyFilter(
  request: RawRequest,
  { claim, payload, signingKey }: Verified<unknown>,
  upstream: ChunkSeed,
  room: Room,
): Transform | undefined {
  if (payload.mode === 'hash' && payload.hash) return new ComparedBody(payload.hash);
  if (payload.mode !== 'signed_chunks' && payload.mode !== 'signed_chunks_trailer') return undefined;
  const headers = headersOf(request.headers);
  const { scope, signature } = claim;
  return new ChunkedBody({
    client: { key: signingKey, scope, time: basicTime(claim.signedAt), signature },
    upstream,
    decodedLength: decodedLength(headers) ?? 0,
    ...(payload.mode === 'signed_chunks_trailer' && { trailer: firstOf(headers, 'x-amz-trailer') ?? '' }),
    room,
  });
}
