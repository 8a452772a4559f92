import {
  decodeIndexHeader,
  decodeIndexTail,
  type IndexHeader,
  type IndexTail,
  indexHeaderBytes,
  type Keyframe,
} from '#server/protocol/recording-index.ts';
import { createTimingParser } from '#server/protocol/typescript.ts';
import { parseEvents } from '#server/protocol/typescript-events.ts';
import { refusalOf } from './refusal.ts';
import { anchorsOf, PlayerProblem, resizesOf, type Track, type Window } from './timeline.ts';

export type RangeOptions = { fetch: typeof fetch; signal: AbortSignal };

/** Of windows that were shown, so many stay at hand: going a little back costs nothing. */
const mostAtHand = 6;
/** A host that never ends a sequence leaves no place for keyframes, and a tab would suffer. The index bounds the screens. */
const MiB = 1024 * 1024;
const maxWindowBytes = { output: 128 * MiB, timing: 32 * MiB, events: 32 * MiB } as const;

/** `undefined`: there is no index that we can read, and the recording is to be played as a whole. */
export async function openIndexed(
  base: string,
  options: RangeOptions,
): Promise<{ ok: true; track: Track } | { ok: false; sentence: string } | undefined> {
  const head = await options.fetch(`${base}/index.bin`, rangeOf(0, indexHeaderBytes, options));
  if (head.status !== 206) {
    if (head.ok || [404, 416].includes(head.status)) {
      await head.body?.cancel();
      return undefined;
    }
    return { ok: false, sentence: await refusalOf(head) };
  }
  const header = decodeIndexHeader(new Uint8Array(await head.arrayBuffer()));
  if (!header) return undefined;
  const { tailOffset, tailBytes } = header;
  const end = await options.fetch(`${base}/index.bin`, rangeOf(tailOffset, tailOffset + tailBytes, options));
  const tail = end.status === 206 ? decodeIndexTail(header, new Uint8Array(await end.arrayBuffer())) : undefined;
  return tail && { ok: true, track: new IndexedTrack({ base, options, header, tail }) };
}

type Parts = { base: string; options: RangeOptions; header: IndexHeader; tail: IndexTail };

/** A recording of which only the windows that are shown are fetched. */
class IndexedTrack implements Track {
  readonly durationMs: number;
  readonly anchors: Track['anchors'];
  readonly marks: Track['marks'];
  readonly activity: Track['activity'];
  readonly damaged = false;
  readonly windows: readonly Keyframe[];
  readonly #parts: Parts;
  readonly #atHand = new Map<number, Window>();
  readonly #loading = new Map<number, Promise<Window>>();

  constructor(parts: Parts) {
    const { header, tail } = parts;
    this.#parts = parts;
    this.durationMs = header.durationMs;
    this.windows = tail.keyframes;
    this.marks = tail.marks;
    this.anchors = anchorsOf(tail.marks);
    this.activity = { bucketMs: header.bucketMs, bytes: tail.activity };
  }

  at(index: number): Window | undefined {
    const window = this.#atHand.get(index);
    if (!window) return undefined;
    this.#atHand.delete(index);
    this.#atHand.set(index, window); // The last asked for is the last to be dropped.
    return window;
  }

  load(index: number): Promise<Window> {
    const found = this.#atHand.get(index);
    if (found) return Promise.resolve(found);
    const begun = this.#loading.get(index);
    if (begun) return begun;
    const loading = this.#fetch(index).finally(() => this.#loading.delete(index));
    this.#loading.set(index, loading);
    return loading;
  }

  async #fetch(index: number): Promise<Window> {
    const { header } = this.#parts;
    const from = this.windows[index];
    if (!from) throw new PlayerProblem('There is nothing after the end of the recording.');
    const to = this.windows[index + 1];
    const outputEnd = to?.dataOffset ?? header.outputBytes;
    const timingEnd = to?.timingOffset ?? header.timingBytes;
    const eventsEnd = to?.eventsOffset ?? header.eventsBytes;
    const isTooLarge =
      outputEnd - from.dataOffset > maxWindowBytes.output ||
      timingEnd - from.timingOffset > maxWindowBytes.timing ||
      eventsEnd - from.eventsOffset > maxWindowBytes.events;
    if (isTooLarge) throw new PlayerProblem(tooLarge);
    const { typescriptHeaderBytes } = header;
    const [output, timing, events, restore] = await Promise.all([
      this.#range('typescript', typescriptHeaderBytes + from.dataOffset, typescriptHeaderBytes + outputEnd),
      this.#range('typescript.timing', from.timingOffset, timingEnd),
      this.#range('events.ndjson', from.eventsOffset, eventsEnd),
      this.#range('index.bin', from.restoreOffset, from.restoreOffset + from.restoreBytes),
    ]);
    const window: Window = {
      offset: from.dataOffset,
      size: { columns: from.columns, rows: from.rows },
      restore,
      output,
      ...stepsAfter(from, timing, outputEnd),
      resizes: resizesOf(parseEvents(new TextDecoder().decode(events)), header.outputBytes),
    };
    this.#keep(index, window);
    return window;
  }

  #keep(index: number, window: Window): void {
    this.#atHand.set(index, window);
    for (const oldest of this.#atHand.keys()) {
      if (this.#atHand.size <= mostAtHand) break;
      this.#atHand.delete(oldest);
    }
  }

  async #range(part: string, from: number, to: number): Promise<Uint8Array> {
    if (from >= to) return new Uint8Array(0);
    const { base, options } = this.#parts;
    let response: Response;
    try {
      response = await options.fetch(`${base}/${part}`, rangeOf(from, to, options));
    } catch (error) {
      if (options.signal.aborted) throw error;
      throw new PlayerProblem('This part could not be fetched. Check your connection and play on.');
    }
    if (response.status !== 206) throw new PlayerProblem(await refusalOf(response));
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== to - from) throw new PlayerProblem('The recording ends before its index does.');
    return bytes;
  }
}

const tooLarge =
  'This part of the recording is too large to play here. Download the recording and play it with scriptreplay.';

/** The bytes `from` to before `to`. */
function rangeOf(from: number, to: number, { signal }: RangeOptions): RequestInit {
  return { signal, headers: { range: `bytes=${from}-${to - 1}` } };
}

function stepsAfter({ elapsedMs, dataOffset }: Keyframe, timing: Uint8Array, outputEnd: number) {
  const steps = createTimingParser().push(timing);
  const times = new Float64Array(steps.length);
  const ends = new Float64Array(steps.length);
  let us = 0;
  let bytes = dataOffset;
  steps.forEach((step, i) => {
    us += step.delayUs;
    bytes += step.bytes;
    times[i] = elapsedMs + us / 1000;
    ends[i] = Math.min(bytes, outputEnd);
  });
  return { times, ends };
}
