import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const pieceBytes = 256 * 1024;

/** The bytes `from` to before `to` of a file, in pieces that are valid until the next one; fewer when the file ends. */
export async function* readRange(file: FileHandle, from: number, to: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(pieceBytes, to - from)));
  for (let at = from; at < to; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** SHA-256 in hex over a range, and how many bytes of it the file really had. */
export async function hashRange(
  file: FileHandle,
  from: number,
  to: number,
  onRead?: (bytes: number) => void,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of readRange(file, from, to)) {
    hash.update(piece);
    bytes += piece.length;
    onRead?.(piece.length);
  }
  return { sha256: hash.digest('hex'), bytes };
}

export type Line = {
  text: string;
  /** Byte after the line and its line feed; for a last line without one, the end of the file. */
  end: number;
  /** False for a last line without a line feed, and for one that was given up because it is too long. */
  whole: boolean;
};

/** Longer lines are no lines of ours; without a bound a damaged file could take all memory. */
const maxLineBytes = 4 * 1024 * 1024;

/** Lines of UTF-8 from a byte offset on, in bounded memory. Stops after a line that is not whole. */
export async function* readLines(file: FileHandle, from: number): AsyncGenerator<Line> {
  const { size } = await file.stat();
  let held: Buffer[] = [];
  let heldBytes = 0;
  let at = from;
  for await (const piece of readRange(file, from, size)) {
    let rest = piece;
    for (let feed = rest.indexOf(0x0a); feed >= 0; feed = rest.indexOf(0x0a)) {
      at += heldBytes + feed + 1;
      yield { text: decode([...held, rest.subarray(0, feed)]), end: at, whole: true };
      held = [];
      heldBytes = 0;
      rest = rest.subarray(feed + 1);
    }
    held.push(Buffer.from(rest));
    heldBytes += rest.length;
    if (heldBytes > maxLineBytes) break;
  }
  if (heldBytes > 0) yield { text: '', end: at + heldBytes, whole: false };
}

// Bytes that are no UTF-8 become a text that is no record either, never one that looks like another.
function decode(pieces: Uint8Array[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
  } catch {
    return '\0';
  }
}

/** A small file as text; rejects when it is larger than `maxBytes`. */
export async function readSmall(file: FileHandle, maxBytes: number): Promise<string> {
  const { size } = await file.stat();
  if (size > maxBytes) throw new Error(`The file is larger than ${maxBytes} bytes.`);
  const pieces: Uint8Array[] = [];
  for await (const piece of readRange(file, 0, size)) pieces.push(Buffer.from(piece));
  return decode(pieces);
}
