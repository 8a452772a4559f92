import { type EventLine, parseEventLine } from './typescript-events.ts';

/**
 * `index.bin`, by which a player goes to any moment of a recording without reading what is before it. It is made from
 * the recording after it was sealed, can be made again at any time, and is no evidence: the hash chain does not cover it.
 *
 * A header of fixed length, then what makes a terminal the same as at each keyframe, then the tail: the directory of the
 * keyframes, how much was written when, and what happened besides. Numbers are little-endian.
 */
export const indexHeaderBytes = 96;

const magic = 'SALLYIDX';
const version = 1;
const keyframeBytes = 64;
/** So that a damaged header makes nobody read or hold more than this. */
const maxTailBytes = 64 * 1024 * 1024;
const maxKeyframes = 500_000;
const maxBuckets = 10_000;
/** No browser asks for a larger screen; a damaged file may. */
export const largestScreen = 2000;
/** What makes a screen the same again is read and shown as a whole. */
export const maxRestoreBytes = 32 * 1024 * 1024;

export type IndexHeader = {
  /** Milliseconds from the beginning to the last step or event. */
  durationMs: number;
  /** Sizes of the files that it was made from; `outputBytes` without the header line of the typescript. */
  outputBytes: number;
  typescriptHeaderBytes: number;
  timingBytes: number;
  eventsBytes: number;
  columns: number;
  rows: number;
  keyframes: number;
  /** Output per bucket of `bucketMs`. */
  buckets: number;
  bucketMs: number;
  /** Where the tail is in the file. */
  tailOffset: number;
  tailBytes: number;
};

/**
 * The screen after `dataOffset` bytes of output, which is the end of a step: resizes that stand at a smaller offset have
 * happened, those at this very offset have not.
 */
export type Keyframe = {
  /** When its last step came, in milliseconds; 0 for the first, which is the empty screen. */
  elapsedMs: number;
  /** When the next step comes; that of the last is `durationMs` if there is none. */
  nextMs: number;
  dataOffset: number;
  /** First bytes of the timing file and of the events that come after it. */
  timingOffset: number;
  eventsOffset: number;
  columns: number;
  rows: number;
  /** Where in the index there is what makes a new terminal the same. */
  restoreOffset: number;
  restoreBytes: number;
};

export type IndexTail = {
  keyframes: Keyframe[];
  /** Bytes of output in each bucket. */
  activity: Uint32Array;
  /** What happened besides output and input, in order; not all of it, when there was too much. */
  marks: EventLine[];
};

const headerFields = [
  ['durationMs', 16],
  ['outputBytes', 24],
  ['timingBytes', 32],
  ['eventsBytes', 40],
  ['tailOffset', 48],
] as const;
const headerCounts = [
  ['typescriptHeaderBytes', 56],
  ['columns', 60],
  ['rows', 64],
  ['keyframes', 68],
  ['buckets', 72],
  ['bucketMs', 76],
  ['tailBytes', 80],
] as const;

export function encodeIndexHeader(header: IndexHeader): Uint8Array {
  const bytes = new Uint8Array(indexHeaderBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(8, version, true);
  for (const [name, at] of headerFields) view.setFloat64(at, header[name], true);
  for (const [name, at] of headerCounts) view.setUint32(at, header[name], true);
  return bytes;
}

/** `undefined` for anything that is not the header of an index of this version. */
export function decodeIndexHeader(bytes: Uint8Array): IndexHeader | undefined {
  if (bytes.length < indexHeaderBytes) return undefined;
  const view = viewOf(bytes);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, magic.length)) !== magic) return undefined;
  if (view.getUint32(8, true) !== version) return undefined;
  const numbers = [
    ...headerFields.map(([name, at]) => [name, view.getFloat64(at, true)] as const),
    ...headerCounts.map(([name, at]) => [name, view.getUint32(at, true)] as const),
  ];
  const header = Object.fromEntries(numbers) as IndexHeader;
  return isPlausible(header) ? header : undefined;
}

function isPlausible(header: IndexHeader): boolean {
  const { durationMs, outputBytes, timingBytes, eventsBytes, tailOffset } = header;
  if (!(durationMs >= 0 && durationMs < Number.MAX_SAFE_INTEGER)) return false;
  if (![outputBytes, timingBytes, eventsBytes, tailOffset].every(isCount)) return false;
  const { keyframes, buckets, bucketMs, tailBytes, columns, rows } = header;
  if (keyframes < 1 || keyframes > maxKeyframes || buckets > maxBuckets || bucketMs < 1) return false;
  if (!isSize(columns) || !isSize(rows) || tailOffset < indexHeaderBytes) return false;
  return tailBytes <= maxTailBytes && tailBytes >= keyframes * keyframeBytes + buckets * 4;
}

export function encodeIndexTail({ keyframes, activity, marks }: IndexTail): Uint8Array {
  const text = new TextEncoder().encode(marks.map((mark) => `${JSON.stringify(mark)}\n`).join(''));
  const bytes = new Uint8Array(keyframes.length * keyframeBytes + activity.length * 4 + text.length);
  const view = viewOf(bytes);
  let at = 0;
  for (const keyframe of keyframes) {
    for (const [place, name] of places.entries()) view.setFloat64(at + place * 8, keyframe[name], true);
    view.setUint32(at + 48, keyframe.restoreBytes, true);
    view.setUint16(at + 52, keyframe.columns, true);
    view.setUint16(at + 54, keyframe.rows, true);
    at += keyframeBytes;
  }
  for (const count of activity) {
    view.setUint32(at, count, true);
    at += 4;
  }
  bytes.set(text, at);
  return bytes;
}

const places = ['elapsedMs', 'nextMs', 'dataOffset', 'timingOffset', 'eventsOffset', 'restoreOffset'] as const;

/** `undefined` unless it is the whole tail that the header tells of, and every keyframe is within the files and after the one before. */
export function decodeIndexTail(header: IndexHeader, bytes: Uint8Array): IndexTail | undefined {
  if (bytes.length !== header.tailBytes) return undefined;
  const view = viewOf(bytes);
  const keyframes = Array.from({ length: header.keyframes }, (_, i) => readKeyframe(view, i * keyframeBytes));
  if (!keyframes.every((keyframe, i) => fits(header, keyframe, keyframes[i - 1]))) return undefined;
  const from = header.keyframes * keyframeBytes;
  const activity = Uint32Array.from({ length: header.buckets }, (_, i) => view.getUint32(from + i * 4, true));
  const text = new TextDecoder().decode(bytes.subarray(from + header.buckets * 4));
  return { keyframes, activity, marks: text.split('\n').flatMap((line) => parseEventLine(line) ?? []) };
}

function readKeyframe(view: DataView, at: number): Keyframe {
  const numbers = places.map((name, place) => [name, view.getFloat64(at + place * 8, true)]);
  return {
    ...(Object.fromEntries(numbers) as Pick<Keyframe, (typeof places)[number]>),
    restoreBytes: view.getUint32(at + 48, true),
    columns: view.getUint16(at + 52, true),
    rows: view.getUint16(at + 54, true),
  };
}

function fits(header: IndexHeader, keyframe: Keyframe, before: Keyframe | undefined): boolean {
  const { elapsedMs, nextMs, dataOffset, timingOffset, eventsOffset, restoreOffset, restoreBytes } = keyframe;
  if (!(elapsedMs >= (before?.elapsedMs ?? 0) && nextMs >= elapsedMs && nextMs <= header.durationMs)) return false;
  if (![dataOffset, timingOffset, eventsOffset, restoreOffset].every(isCount)) return false;
  if (dataOffset > header.outputBytes || timingOffset > header.timingBytes || eventsOffset > header.eventsBytes) {
    return false;
  }
  if (restoreOffset < indexHeaderBytes || restoreOffset + restoreBytes > header.tailOffset) return false;
  if (restoreBytes > maxRestoreBytes) return false;
  if (!isSize(keyframe.columns) || !isSize(keyframe.rows)) return false;
  if (!before) return dataOffset === 0 && timingOffset === 0 && eventsOffset === 0;
  return dataOffset > before.dataOffset && timingOffset > before.timingOffset && eventsOffset >= before.eventsOffset;
}

/** The last keyframe that is not after `ms`. */
export function keyframeAt(keyframes: readonly Pick<Keyframe, 'elapsedMs'>[], ms: number): number {
  let low = 0;
  let high = keyframes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keyframes[middle]?.elapsedMs ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isSize(value: number): boolean {
  return value >= 1 && value <= largestScreen;
}
