import type { Manifest } from './manifest.ts';

/** What a recording was found to hold when it was read from its beginning to its end. */
export type DecodedRecording = {
  typescriptBytes: number;
  /** Without the header line; `undefined` when that is missing or not whole. */
  headerBytes: number | undefined;
  timingBytes: number;
  timingLines: number;
  /** Sum over the timing lines. */
  timedBytes: number;
  /** When the last step came. */
  timedMs: number;
  /** The first byte of the timing file that is none of a timing line. */
  timingDamagedAt: number | undefined;
  eventLines: number;
  /** The number of the first line that is no event, from 1. */
  eventDamagedAt: number | undefined;
  isStarted: boolean;
  lastEventMs: number;
  /** Offset of the last event into the output. */
  lastEventOffset: number;
  /** How the last event says that it ended; `undefined` when that is no end. */
  exit: LiveEnd | undefined;
};

type LiveEnd = { reason: string; exitStatus: number | null };

/** What the session itself counted while it ran, apart from its recorder. */
export type LiveCounts = LiveEnd & { bytesOut: number };

/** What the database says of it since it was sealed; `undefined` where it was not. */
export type SealedRow = {
  bytes: number;
  durationMs: number;
  /** Left out where a session was not there to the end of its recording, or its recorder not to the end of the session. */
  live?: LiveCounts;
};

/**
 * What keeps a recording from being played as it was made, in whole sentences; none: it can be. Compares what was
 * decoded with itself, with the manifest, with the database, and with what the live session counted. That nobody altered it is for `verify` to say.
 */
export function checkDecoded(
  found: DecodedRecording,
  manifest: Manifest | undefined,
  row: SealedRow | undefined,
): string[] {
  return [
    ...checkItself(found),
    ...(manifest ? checkManifest(found, manifest) : []),
    ...(row && !manifest ? ['The manifest is missing or damaged, although the recording was sealed.'] : []),
    ...(row && manifest ? checkRow(row, manifest) : []),
    ...(row?.live ? checkLive(found, row.live) : []),
  ];
}

function checkItself(found: DecodedRecording): string[] {
  const { headerBytes, typescriptBytes, timedBytes, timingDamagedAt, eventDamagedAt } = found;
  if (headerBytes === undefined) return ['The typescript has no header line.'];
  const outputBytes = typescriptBytes - headerBytes;
  return [
    ...(timingDamagedAt === undefined ? [] : [`The timing file is unreadable from byte ${timingDamagedAt} on.`]),
    ...differing('The timing file tells of bytes of output', timedBytes, 'the typescript', outputBytes),
    ...(found.isStarted ? [] : ['The events do not begin with the start.']),
    ...(eventDamagedAt === undefined ? [] : [`Line ${eventDamagedAt} of the events is unreadable.`]),
    ...(found.lastEventOffset <= outputBytes ? [] : ['An event stands after the end of the output.']),
  ];
}

function checkManifest(found: DecodedRecording, { files, outputBytes, durationMs }: Manifest): string[] {
  const { 'typescript.timing': timing, 'events.ndjson': events, typescript } = files;
  const longestMs = Math.max(Math.floor(found.timedMs), found.lastEventMs);
  return [
    ...differing('The typescript has bytes', found.typescriptBytes, 'the manifest', typescript.bytes),
    ...differing('The timing file has bytes', found.timingBytes, 'the manifest', timing.bytes),
    ...differing('The timing file has lines', found.timingLines, 'the manifest', timing.lines),
    ...differing('The events are', found.eventLines, 'the manifest', events.lines),
    ...differing('The timing file tells of bytes of output', found.timedBytes, 'the manifest', outputBytes),
    ...(longestMs <= durationMs ? [] : [`It goes on until ${longestMs} ms, although it lasted ${durationMs} ms.`]),
  ];
}

function checkRow(row: SealedRow, { files, durationMs }: Manifest): string[] {
  return [
    ...differing('The manifest says bytes', files.typescript.bytes, 'the database', row.bytes),
    ...differing('The manifest says milliseconds', durationMs, 'the database', row.durationMs),
  ];
}

function checkLive({ typescriptBytes, headerBytes, exit }: DecodedRecording, live: LiveCounts): string[] {
  const isSameEnd = exit?.reason === live.reason && exit.exitStatus === live.exitStatus;
  return [
    ...differing(
      'The typescript has bytes of output',
      typescriptBytes - (headerBytes ?? 0),
      'the session',
      live.bytesOut,
    ),
    ...(isSameEnd ? [] : ['The events do not close with the end that the session had.']),
  ];
}

function differing(what: string, found: number, other: string, expected: number): string[] {
  return found === expected ? [] : [`${what}: ${found}; ${other} says ${expected}.`];
}
