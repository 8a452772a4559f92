import { keyframeAt } from '#server/protocol/recording-index.ts';
import { createTimingParser } from '#server/protocol/typescript.ts';
import type { EventLine } from '#server/protocol/typescript-events.ts';

export type ScreenSize = { columns: number; rows: number };

/** The screen has another size from this moment and this byte of output on. */
export type Resize = ScreenSize & { atMs: number; offset: number };

/** A piece of a recording that can be shown without what is before it. */
export type Window = {
  /** Bytes of output before it. */
  offset: number;
  /** Of the screen where it begins, and what makes an empty one of this size the same. */
  size: ScreenSize;
  restore: Uint8Array;
  output: Uint8Array;
  /** Of each step in it: milliseconds since the recording began, and bytes of output since then. */
  times: Float64Array;
  ends: Float64Array;
  resizes: readonly Resize[];
};

/** Where a window is: from the last step before it on, and when its own first step comes. */
export type WindowPlace = { elapsedMs: number; nextMs: number };

/** A recording, of which not more is at hand than is shown. */
export type Track = {
  durationMs: number;
  anchors: Timeline['anchors'];
  /** What happened besides output and input. */
  marks: readonly EventLine[];
  /** Bytes of output in each piece of `bucketMs`. */
  activity: { bucketMs: number; bytes: Uint32Array } | undefined;
  damaged: boolean;
  windows: readonly WindowPlace[];
  /** A window, if it is at hand. */
  at(index: number): Window | undefined;
  /** Fetches it. Rejects with a `PlayerProblem`, or with anything when the page was left. */
  load(index: number): Promise<Window>;
};

/** Why something cannot be played, in words for whoever wants to see it. */
export class PlayerProblem extends Error {
  override name = 'PlayerProblem';
}

/** When which bytes were written and how large the screen was: all that replay needs to know besides the bytes. */
export type Timeline = {
  /** Milliseconds since the recording began, one per step of output, ascending. */
  times: Float64Array;
  /** Bytes of output after each step. */
  ends: Float64Array;
  durationMs: number;
  startSize: ScreenSize;
  /** In order: when, and after how many bytes of output. */
  resizes: readonly Resize[];
  marks: readonly EventLine[];
  /** Moments whose wall clock is known. */
  anchors: readonly { elapsedMs: number; wallMs: number }[];
  /** The timing file ended in something that is none; what came before is played. */
  damaged: boolean;
};

const usualSize: ScreenSize = { columns: 80, rows: 24 };

/** `outputBytes` bounds what is played: after a crash the timing file may promise more than the data holds. */
export function buildTimeline(timing: Uint8Array, events: readonly EventLine[], outputBytes: number): Timeline {
  const parser = createTimingParser();
  const steps = parser.push(timing);
  const times = new Float64Array(steps.length);
  const ends = new Float64Array(steps.length);
  let us = 0;
  let bytes = 0;
  steps.forEach((step, i) => {
    us += step.delayUs;
    bytes += step.bytes;
    times[i] = us / 1000;
    ends[i] = Math.min(bytes, outputBytes);
  });
  const start = events.find((event) => event.type === 'start');
  return {
    times,
    ends,
    durationMs: Math.max(us / 1000, events.at(-1)?.elapsedMs ?? 0),
    startSize: start ? { columns: start.columns, rows: start.rows } : usualSize,
    resizes: resizesOf(events, outputBytes),
    marks: events.filter(({ type }) => type !== 'input'),
    anchors: anchorsOf(events),
    damaged: parser.damaged,
  };
}

/** A recording that is at hand as a whole, and so is one window. */
export function wholeTrack(timeline: Timeline, output: Uint8Array): Track {
  const { durationMs, anchors, marks, damaged, times, ends, resizes, startSize: size } = timeline;
  const window = { offset: 0, size, restore: new Uint8Array(0), output, times, ends, resizes };
  return {
    ...{ durationMs, anchors, marks, damaged },
    activity: undefined,
    windows: [{ elapsedMs: 0, nextMs: times[0] ?? durationMs }],
    at: (index) => (index === 0 ? window : undefined),
    load: async () => window,
  };
}

/** Moments whose wall clock the events know. */
export function anchorsOf(events: readonly EventLine[]): Timeline['anchors'] {
  return events.map(({ at, elapsedMs }) => ({ elapsedMs, wallMs: Date.parse(at) })).filter(hasWallClock);
}

/** The resizes among events, none after the end of the output. */
export function resizesOf(events: readonly EventLine[], outputBytes: number): Resize[] {
  return events
    .filter((event) => event.type === 'resize')
    .map(({ columns, rows, elapsedMs, offset }) => ({
      columns,
      rows,
      atMs: elapsedMs,
      offset: Math.min(offset, outputBytes),
    }));
}

/** In which window a moment is. */
export function windowAt({ windows }: Pick<Track, 'windows'>, ms: number): number {
  return keyframeAt(windows, ms);
}

type Steps = { times: Float64Array; ends: Float64Array; offset?: number };

/** Bytes of output that the screen had shown `ms` after the start; in a window at least what was before it. */
export function offsetAt({ times, ends, offset = 0 }: Steps, ms: number): number {
  const index = firstAfter(times, ms) - 1;
  return index < 0 ? offset : (ends[index] ?? offset);
}

/** When the next output comes, strictly after `ms`; `undefined` after the last. */
export function nextOutputAfter({ times }: Pick<Window, 'times'>, ms: number): number | undefined {
  return times[firstAfter(times, ms)];
}

/** When the output before came, strictly before `ms`. */
export function outputBefore({ times }: Pick<Window, 'times'>, ms: number): number | undefined {
  let index = firstAfter(times, ms) - 1;
  while (index >= 0 && times[index] === ms) index -= 1;
  return times[index];
}

/** The wall clock at a position, by the last event that noted it; `undefined` if none ever did. */
export function wallClockAt({ anchors }: Pick<Timeline, 'anchors'>, ms: number): number | undefined {
  const anchor = anchors.findLast(({ elapsedMs }) => elapsedMs <= ms) ?? anchors[0];
  return anchor && anchor.wallMs + (ms - anchor.elapsedMs);
}

function firstAfter(times: Float64Array, ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hasWallClock({ wallMs }: { wallMs: number }): boolean {
  return !Number.isNaN(wallMs);
}
