import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { AsciicastLines, formatAsciicastHeader } from '../protocol/asciicast.ts';
import { plainText } from '../protocol/plain-text.ts';
import { EventReading } from './event-reading.ts';
import { assertNoLinks, openPartForReading, recordingFolder } from './folder.ts';
import { findHeader, stepsOf, usualSize } from './index-pass.ts';
import { isPossible } from './keyframe-making.ts';
import { readRange } from './part-reading.ts';
import { chainedParts } from './parts.ts';

/** So much is made in one turn of the event loop, which live sessions share. */
const batchedChars = 16 * 1024;

type Files = { typescript: FileHandle; timing: FileHandle; events: FileHandle };

/**
 * An asciicast (version 2) of a recording, made while it is read and in bounded memory, as far as its timing can be read.
 * `undefined` when there is no such recording; rejects for links. Destroying the stream closes all files.
 */
export async function asciicastOf({ root, path }: { root: string; path: string }): Promise<Readable | undefined> {
  const files = await openAll(root, path);
  if (!files) return undefined;
  const stream = Readable.from(batched(linesOf(files)), { highWaterMark: 1 });
  stream.once('close', () => void closeAll(Object.values(files)));
  return stream;
}

async function openAll(root: string, path: string): Promise<Files | undefined> {
  const opened: FileHandle[] = [];
  try {
    await assertNoLinks(root, path);
    for (const part of chainedParts) opened.push(await openPartForReading(recordingFolder(root, path), part));
    const [typescript, timing, events] = opened;
    return typescript && timing && events && { typescript, timing, events };
  } catch (error) {
    await closeAll(opened);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function closeAll(files: readonly FileHandle[]): Promise<void> {
  await Promise.allSettled(files.map((file) => file.close())); // Read-only: nothing can be lost.
}

async function* linesOf({ typescript, timing, events: eventsFile }: Files): AsyncGenerator<string> {
  const { size } = await typescript.stat();
  const outputFrom = (await findHeader(typescript)) ?? size;
  const events = new EventReading(eventsFile);
  const lines = new AsciicastLines();
  const first = await events.peek();
  const start = first?.type === 'start' ? first : undefined;
  const title = start && plainText(`${start.person} on ${start.computer} as ${start.account}`);
  const shape = start && isPossible(start) ? { columns: start.columns, rows: start.rows } : usualSize;
  yield formatAsciicastHeader({ ...shape, startedAt: start?.at, title });
  const output = new OutputReading(readRange(typescript, outputFrom, size));
  let elapsedUs = 0;
  for await (const { delayUs, bytes } of stepsOf(timing)) {
    yield* eventsUpTo(events, output.offset, lines);
    elapsedUs += delayUs;
    for (let left = bytes; left > 0; ) {
      const piece = await output.take(left);
      if (!piece) return yield* rest(events, lines);
      left -= piece.length;
      yield lines.output(elapsedUs / 1000, piece);
    }
  }
  yield* rest(events, lines);
}

async function* rest(events: EventReading, lines: AsciicastLines): AsyncGenerator<string> {
  yield lines.end();
  yield* eventsUpTo(events, Number.POSITIVE_INFINITY, lines);
}

async function* eventsUpTo(events: EventReading, offset: number, lines: AsciicastLines): AsyncGenerator<string> {
  for (let next = await events.peek(); next && next.offset <= offset; next = await events.peek()) {
    events.take();
    yield lines.event(next);
  }
}

/** Output piece by piece, of no more bytes than are asked for. */
class OutputReading {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  /** Bytes taken so far. */
  offset = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Valid until the next one; `undefined` at the end. */
  async take(most: number): Promise<Uint8Array | undefined> {
    if (this.#piece.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done) return undefined;
      this.#piece = value;
    }
    const taken = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }
}

async function* batched(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let batch = '';
  for await (const line of lines) {
    batch += line;
    if (batch.length < batchedChars) continue;
    yield batch;
    batch = '';
    await setImmediate();
  }
  if (batch !== '') yield batch;
}
