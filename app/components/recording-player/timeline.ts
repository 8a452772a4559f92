import { createTimingParser } from '#server/protocol/typescript.ts';
import type { EventLine } from '#server/protocol/typescript-events.ts';

export type ScreenSize = { columns: number; rows: number };

/** When which bytes were written and how large the screen was: all that replay needs to know besides the bytes. */
export type Timeline = {
  /** Milliseconds since the recording began, one per step of output, ascending. */
  times: Float64Array;
  /** Bytes of output after each step. */
  ends: Float64Array;
  durationMs: number;
  startSize: ScreenSize;
  /** In order: when, and after how many bytes of output. */
  resizes: readonly (ScreenSize & { atMs: number; offset: number })[];
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
    resizes: events
      .filter((event) => event.type === 'resize')
      .map(({ columns, rows, elapsedMs, offset }) => ({
        columns,
        rows,
        atMs: elapsedMs,
        offset: Math.min(offset, outputBytes),
      })),
    anchors: events.map(({ at, elapsedMs }) => ({ elapsedMs, wallMs: Date.parse(at) })).filter(hasWallClock),
    damaged: parser.damaged,
  };
}

/** Bytes of output that the screen had shown `ms` after the start. */
export function offsetAt({ times, ends }: Timeline, ms: number): number {
  const index = firstAfter(times, ms) - 1;
  return index < 0 ? 0 : (ends[index] ?? 0);
}

/** When the next output comes, strictly after `ms`; `undefined` after the last. */
export function nextOutputAfter({ times }: Timeline, ms: number): number | undefined {
  return times[firstAfter(times, ms)];
}

/** The wall clock at a position, by the last event that noted it; `undefined` if none ever did. */
export function wallClockAt({ anchors }: Timeline, ms: number): number | undefined {
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
