import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { BodyRefusal } from '../sigv4/request.ts';
import type { ChunkSeed } from '../sigv4/resign.ts';
import { BodyRefused } from './body-refused.ts';
import { chunkChain, isSame } from './chunk-chain.ts';
import { readTrailer, trailerEnd } from './chunk-trailer.ts';
import { mebibyte, type Room } from './room.ts';

export type ChunkedBodySettings = {
  /** How the client signed, with the token's key. */
  client: ChunkSeed;
  /** How AWS wants it signed, with the record's key. */
  upstream: ChunkSeed;
  /** Of all chunks together, in bytes. */
  decodedLength: number;
  /** The value of x-amz-trailer, where the chunks end with a signed trailer. */
  trailer?: string;
  /** A chunk is held in it until its last byte verified it. */
  room: Room;
  mostBytes?: number;
};

type Data = { at: 'data'; signature: string; frame: Buffer; start: number; filled: number };
type State = { at: 'head'; line: string } | Data | { at: 'tail'; last: string; text: string };

/** AWS takes a smaller one only at the end; many tiny ones would cost a signature each. */
const leastBytes = 8 * 1024;
const longestHead = 128;
const longestTail = 4096;
const lineEnd = '\r\n';

/**
 * Verifies each signed chunk and signs it again; frames keep their lengths, so an announced length stays right. What
 * completes the object, the last chunk and the trailer, stays back until everything was verified and the input ended.
 * Fails with `BodyRefused`.
 */
export class ChunkedBody extends Transform {
  readonly #settings: ChunkedBodySettings;
  readonly #client;
  readonly #upstream;
  #state: State = { at: 'head', line: '' };
  #total = 0;
  #wasSmall = false;
  #held = 0;

  constructor(settings: ChunkedBodySettings) {
    super();
    this.#settings = settings;
    this.#client = chunkChain(settings.client);
    this.#upstream = chunkChain(settings.upstream);
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    attempt(done, () => {
      for (let from = 0; from < piece.length; ) from = this.#read(piece, from);
    });
  }

  override _flush(done: TransformCallback): void {
    attempt(done, () => {
      if (this.#state.at !== 'tail') throw new BodyRefused('incomplete_body');
      const { last, text } = this.#state;
      this.push(Buffer.from(last + this.#resignedTail(text), 'latin1'));
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#giveBack();
    done(error);
  }

  /** Takes what it can from a piece; answers where it stopped. */
  #read(piece: Buffer, from: number): number {
    const state = this.#state;
    if (state.at === 'data') {
      const copied = piece.copy(state.frame, state.filled, from);
      state.filled += copied;
      if (state.filled === state.frame.length) this.#close(state);
      return from + copied;
    }
    if (state.at === 'tail') {
      state.text += piece.toString('latin1', from, from + longestTail);
      if (state.text.length >= longestTail) throw new BodyRefused(this.#malformedTail());
      return piece.length;
    }
    const end = piece.indexOf(10, from);
    const stop = Math.min(end < 0 ? piece.length : end + 1, from + longestHead);
    state.line += piece.toString('latin1', from, stop);
    if (state.line.endsWith('\n')) this.#open(state.line);
    else if (state.line.length >= longestHead) throw new BodyRefused('malformed_chunk');
    return stop;
  }

  #open(line: string): void {
    const [, digits = '', signature = ''] = /^([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})\r\n$/.exec(line) ?? [];
    if (signature === '') throw new BodyRefused('malformed_chunk');
    const { decodedLength, room, mostBytes = 8 * mebibyte } = this.#settings;
    const size = Number.parseInt(digits, 16);
    if (size > mostBytes) throw new BodyRefused('chunk_too_large');
    this.#total += size;
    if (this.#total > decodedLength || (size === 0 && this.#total < decodedLength))
      throw new BodyRefused('decoded_length');
    if (size === 0) {
      const last = headOf(digits, this.#resigned(Buffer.alloc(0), signature));
      this.#state = { at: 'tail', last, text: '' };
      return;
    }
    if (this.#wasSmall) throw new BodyRefused('chunk_too_small');
    this.#wasSmall = size < leastBytes;
    const start = line.length;
    const length = start + size + lineEnd.length;
    if (!room.take(length)) throw new BodyRefused('bodies_too_large');
    this.#held = length;
    const frame = Buffer.allocUnsafe(length);
    frame.write(line, 'latin1');
    this.#state = { at: 'data', signature, frame, start, filled: start };
  }

  #close({ frame, start, signature }: Data): void {
    const end = frame.length - lineEnd.length;
    if (frame.toString('latin1', end) !== lineEnd) throw new BodyRefused('malformed_chunk');
    const resigned = this.#resigned(frame.subarray(start, end), signature);
    frame.write(resigned, start - lineEnd.length - resigned.length, 'latin1');
    this.#giveBack();
    this.#state = { at: 'head', line: '' };
    this.push(frame);
  }

  /** The signature of a chunk towards AWS, once the client's is verified. */
  #resigned(data: Buffer, signature: string): string {
    const hash = createHash('sha256').update(data).digest('hex');
    if (!isSame(this.#client.chunk(hash), signature)) throw new BodyRefused('chunk_signature');
    return this.#upstream.chunk(hash);
  }

  #resignedTail(text: string): string {
    const { trailer: announced } = this.#settings;
    if (announced === undefined) {
      if (text === lineEnd) return text;
      throw new BodyRefused(lineEnd.startsWith(text) ? 'incomplete_body' : this.#malformedTail());
    }
    const trailer = readTrailer(text, announced);
    if (!trailer) throw new BodyRefused(text.endsWith(trailerEnd) ? this.#malformedTail() : 'incomplete_body');
    const { lines, signature, before } = trailer;
    if (!isSame(this.#client.trailer(lines), signature)) throw new BodyRefused('trailer_signature');
    return before + this.#upstream.trailer(lines) + trailerEnd;
  }

  #malformedTail(): BodyRefusal {
    return this.#settings.trailer === undefined ? 'malformed_chunk' : 'malformed_trailer';
  }

  #giveBack(): void {
    this.#settings.room.give(this.#held);
    this.#held = 0;
  }
}

function headOf(digits: string, signature: string): string {
  return `${digits};chunk-signature=${signature}${lineEnd}`;
}

function attempt(done: TransformCallback, act: () => void): void {
  try {
    act();
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error('A body failed.'));
  }
}
