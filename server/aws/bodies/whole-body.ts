import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BodyRefusal } from '../sigv4/request.ts';
import { mebibyte, type Room } from './room.ts';

/** A body in memory. It takes its share of the room until `release`, which must be called once it was sent or dropped. */
export type WholeBody = { ok: true; blocks: readonly Buffer[]; bytes: number; hash: string; release(): void };

export type Bounds = {
  room: Room;
  /** What the client says, in bytes: too much is refused before anything is read. */
  declared?: number;
  mostBytes?: number;
};

const blockBytes = 64 * 1024;

/**
 * Reads a body whole and hashes it. What is refused is left unread and not destroyed, so that an answer can be sent.
 * Rejects when the stream fails; the room is given back then.
 */
export async function readWhole(
  source: Readable,
  { room, declared = 0, mostBytes = 96 * mebibyte }: Bounds,
): Promise<WholeBody | { ok: false; refusal: BodyRefusal }> {
  if (declared > mostBytes) return { ok: false, refusal: 'body_too_large' };
  const hash = createHash('sha256');
  const blocks = blocksIn(room);
  let bytes = 0;
  let kept = false;
  try {
    for await (const piece of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > mostBytes) return { ok: false, refusal: 'body_too_large' };
      if (!blocks.add(piece)) return { ok: false, refusal: 'bodies_too_large' };
      hash.update(piece);
    }
    kept = true;
    return { ok: true, blocks: blocks.all(), bytes, hash: hash.digest('hex'), release: blocks.release };
  } finally {
    if (!kept) blocks.release();
  }
}

/** Pieces are copied into blocks: a body that arrives byte by byte must not cost an object for each. */
function blocksIn(room: Room) {
  const full: Buffer[] = [];
  let open = Buffer.alloc(0);
  let used = 0;
  let taken = 0;
  return {
    add(piece: Buffer): boolean {
      for (let from = 0; from < piece.length; ) {
        if (used === open.length) {
          if (!room.take(blockBytes)) return false;
          taken += blockBytes;
          open = Buffer.allocUnsafe(blockBytes);
          full.push(open);
          used = 0;
        }
        const copied = piece.copy(open, used, from);
        used += copied;
        from += copied;
      }
      return true;
    },
    all: (): readonly Buffer[] => [...full.slice(0, -1), open.subarray(0, used)].filter((block) => block.length > 0),
    release(): void {
      room.give(taken);
      taken = 0;
    },
  };
}
