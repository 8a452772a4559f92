import type { FileHandle } from 'node:fs/promises';
import type { IndexHeader, IndexTail } from '../protocol/recording-index.ts';
import { createTimingParser, headerLength, type TimingStep } from '../protocol/typescript.ts';
import type { EventLine } from '../protocol/typescript-events.ts';
import { Activity } from './activity.ts';
import { EventReading } from './event-reading.ts';
import { isPossible, KeyframeMaking } from './keyframe-making.ts';
import { readLines, readRange } from './part-reading.ts';
import type { DecodedRecording } from './self-check.ts';
import { type GatheredText, TextGathering, type TextOrder } from './text-gathering.ts';

export type PassFiles = { typescript: FileHandle; timing: FileHandle; events: FileHandle; index: FileHandle };

export type Pass = {
  header: Omit<IndexHeader, 'tailOffset' | 'tailBytes'>;
  tail: IndexTail;
  /** Where in the index the screens end. */
  screensEnd: number;
  found: DecodedRecording;
  /** What stood on the screen, where it was asked for. */
  text: GatheredText | undefined;
};

const maxHeaderBytes = 4096;
export const usualSize = { columns: 80, rows: 24 };

/**
 * Reads the recording once from its beginning to its end, with a terminal beside it whose screen becomes the keyframes,
 * and the text to be searched where that is wanted.
 */
export async function runPass(
  { typescript, timing, events: eventsFile, index }: PassFiles,
  textOrder?: TextOrder,
): Promise<Pass> {
  const typescriptBytes = (await typescript.stat()).size;
  const timingBytes = (await timing.stat()).size;
  const eventsBytes = (await eventsFile.stat()).size;
  const headerBytes = await findHeader(typescript);
  const outputFrom = headerBytes ?? typescriptBytes;
  const events = new EventReading(eventsFile);
  const first = await events.peek();
  const size = first?.type === 'start' && isPossible(first) ? { columns: first.columns, rows: first.rows } : usualSize;
  const activity = new Activity();
  const gathering = textOrder && new TextGathering(textOrder);
  const span = { outputFrom, outputTo: typescriptBytes, size };
  const making = new KeyframeMaking({ typescript, events, index }, span, gathering);
  const seen = { lines: 0, bytes: 0, us: 0, timingEnd: 0 };
  try {
    for await (const { delayUs, bytes, timingEnd } of stepsOf(timing)) {
      seen.lines += 1;
      seen.bytes += bytes;
      seen.us += delayUs;
      seen.timingEnd = timingEnd;
      activity.add(seen.us / 1000, bytes);
      await making.step({ elapsedMs: seen.us / 1000, bytes, timingEnd });
    }
    await making.end();
  } finally {
    making.dispose();
  }
  const durationMs = Math.max(seen.us / 1000, events.lastMs);
  const keyframes = making.finish(durationMs);
  return {
    header: {
      durationMs,
      outputBytes: typescriptBytes - outputFrom,
      typescriptHeaderBytes: headerBytes ?? 0,
      timingBytes,
      eventsBytes,
      ...size,
      keyframes: keyframes.length,
      buckets: activity.buckets.length,
      bucketMs: activity.bucketMs,
    },
    tail: { keyframes, activity: Uint32Array.from(activity.buckets), marks: events.marks },
    screensEnd: making.screensEnd,
    text: gathering?.finish(),
    found: {
      typescriptBytes,
      headerBytes,
      timingBytes,
      timingLines: seen.lines,
      timedBytes: seen.bytes,
      timedMs: seen.us / 1000,
      timingDamagedAt: seen.timingEnd === timingBytes ? undefined : seen.timingEnd,
      eventLines: events.lines,
      eventDamagedAt: events.damagedAt,
      isStarted: events.isStarted,
      lastEventMs: events.lastMs,
      lastEventOffset: events.lastOffset,
      exit: exitIn(events.last),
    },
  };
}

function exitIn(last: EventLine | undefined): DecodedRecording['exit'] {
  return last?.type === 'exit' ? { reason: last.reason, exitStatus: last.exitStatus ?? null } : undefined;
}

/** Bytes of the header line; `undefined` when there is none. */
export async function findHeader(typescript: FileHandle): Promise<number | undefined> {
  for await (const piece of readRange(typescript, 0, maxHeaderBytes)) return headerLength(piece);
  return undefined;
}

/** Up to the first line that is none of a timing file. */
export async function* stepsOf(timing: FileHandle): AsyncGenerator<TimingStep & { timingEnd: number }> {
  const parser = createTimingParser();
  for await (const { text, end, whole } of readLines(timing, 0)) {
    const [step] = whole ? parser.push(Buffer.from(`${text}\n`)) : [];
    if (!step) return;
    yield { ...step, timingEnd: end };
  }
}
