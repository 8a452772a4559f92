import { firstOf, type Headers } from './headers.ts';
import { type BodyRefusal, emptyHash, type HeadRefusal, type Payload, type PayloadMode } from './request.ts';

/** The literal that stands for a mode in `x-amz-content-sha256` and in the canonical request. */
export const payloadLiterals = {
  unsigned: 'UNSIGNED-PAYLOAD',
  unsigned_trailer: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  signed_chunks: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  signed_chunks_trailer: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
} as const satisfies Partial<Record<PayloadMode, string>>;

const modes = new Map(
  (['unsigned', 'unsigned_trailer', 'signed_chunks', 'signed_chunks_trailer'] as const).map((mode) => [
    payloadLiterals[mode] as string,
    mode,
  ]),
);

/** How the signature covers the body. Signed chunks of SigV4A and whatever else there is are refused. */
export function readPayload(headers: Headers): { ok: true; payload: Payload } | { ok: false; refusal: HeadRefusal } {
  const value = firstOf(headers, 'x-amz-content-sha256');
  if (value === undefined) return { ok: true, payload: { mode: 'absent' } };
  if (/^[0-9a-f]{64}$/.test(value)) return { ok: true, payload: { mode: 'hash', hash: value } };
  const mode = modes.get(value);
  if (mode) return { ok: true, payload: { mode } };
  const isEvents = value === 'STREAMING-AWS4-HMAC-SHA256-EVENTS';
  return { ok: false, refusal: isEvents ? 'event_stream' : 'unsupported_payload' };
}

/** The last line of the canonical request; of an absent hash there is none before the body was read. */
export function payloadLine({ mode, hash }: Payload): string | undefined {
  return mode === 'absent' || mode === 'hash' ? hash : payloadLiterals[mode];
}

export function hasBody(headers: Headers): boolean {
  return headers.has('transfer-encoding') || Number(firstOf(headers, 'content-length') ?? 0) > 0;
}

/** The bytes that the chunks of a body hold together, as the client says. */
export function decodedLength(headers: Headers): number | undefined {
  const text = firstOf(headers, 'x-amz-decoded-content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** What is wrong with a body already by its headers: a stream could tell only once all of it was forwarded. */
export function bodyRefusal({ mode, hash }: Payload, headers: Headers): BodyRefusal | undefined {
  if (mode === 'hash' && hash !== emptyHash && !hasBody(headers)) return 'payload_hash';
  if (mode !== 'signed_chunks' && mode !== 'signed_chunks_trailer') return undefined;
  if (decodedLength(headers) === undefined) return 'decoded_length';
  if (mode === 'signed_chunks_trailer' && !headers.has('x-amz-trailer')) return 'malformed_trailer';
  return hasBody(headers) ? undefined : 'incomplete_body';
}
