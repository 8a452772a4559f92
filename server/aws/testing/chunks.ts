import { createHash, createHmac } from 'node:crypto';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** What a chain of chunks starts from; `scope` as in the credential. */
export type ChainStart = { key: Uint8Array; scope: string; time: string; seed: string };

/**
 * A body of signed chunks as a client writes it, piece by piece. `trailer` lines are written with `lineEnd` and followed
 * by their signature.
 */
export function signedChunks(
  { key, scope, time, seed }: ChainStart,
  parts: readonly Buffer[],
  trailer?: { lines: readonly string[]; lineEnd?: string },
): Buffer {
  const written: Buffer[] = [];
  let previous = seed;
  const sign = (...lines: string[]) => {
    previous = createHmac('sha256', key).update(lines.join('\n')).digest('hex');
    return previous;
  };
  for (const part of [...parts, Buffer.alloc(0)]) {
    const signature = sign('AWS4-HMAC-SHA256-PAYLOAD', time, scope, previous, sha256(''), sha256(part));
    const end = part.length === 0 && trailer ? '' : '\r\n';
    written.push(Buffer.from(`${part.length.toString(16)};chunk-signature=${signature}\r\n`), part, Buffer.from(end));
  }
  if (trailer) {
    const { lines, lineEnd = '\r\n' } = trailer;
    const canonical = lines.map((line) => `${line}\n`).join('');
    const signature = sign('AWS4-HMAC-SHA256-TRAILER', time, scope, previous, sha256(canonical));
    const text = lines.map((line) => line + lineEnd).join('');
    written.push(Buffer.from(`${text}x-amz-trailer-signature:${signature}\r\n\r\n`));
  }
  return Buffer.concat(written);
}
