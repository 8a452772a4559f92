import type { RecordingEvent } from '../protocol/typescript-events.ts';

/** One line of `events.ndjson`, beside its wall clock time and its offset into the output. */
export type { RecordingEvent };

/** Facts sealed into the manifest: who, what, under which terms of policy. Nothing secret. */
export type RecordingSubject = {
  sessionId: string;
  person: { id: string; name: string; email: string };
  computer: { id: number; name: string; server: string; port: number };
  account: string;
  mode: string;
  policy: Record<string, string | number | boolean>;
  /** What the person had agreed to, if there were terms. */
  terms?: { version: number; sha256: string } | null;
  /** The check-out that the credential came by, as its identity API names it. */
  checkOut?: string | null;
};

export type SealedRecording = {
  /** Hex of the last head of the chain and of SHA-256 over `manifest.json` as written. */
  head: string;
  manifestSha256: string;
  bytes: number;
  durationMs: number;
};

/**
 * A session's recorder. `output` and `event` never wait; `pressure` tells when the host must be held back. The first
 * write that fails calls `onFailure` once; from then on everything is dropped and `seal` rejects.
 */
export type Recorder = {
  /** Raw bytes as the host wrote them, before any flow control. The recorder copies what it keeps. */
  output(bytes: Uint8Array): void;
  event(event: RecordingEvent): void;
  /** Bytes taken but not yet written. Above 4 MiB the caller pauses the host until `onDrain`. */
  readonly queuedBytes: number;
  onDrain: (() => void) | undefined;
  /** All output and events taken so far are in the files afterwards, durable or not. Rejects after a failure. */
  flush(): Promise<void>;
  /**
   * Runs with the files, which stay open until this settles, whatever becomes of the recorder: their numbers are not
   * another file's meanwhile. Rejects once they are closed, or are about to be.
   */
  read<T>(work: (source: RecordingSource) => Promise<T>): Promise<T>;
  /** The same files, for whoever knows that it is still running. */
  readonly source: RecordingSource;
  /** Writes what is left, closes the chain and signs the manifest. Called once. */
  seal(reason: string): Promise<SealedRecording>;
};

/**
 * The files of a running recorder, for reading: descriptors, so that it can be done also when the files have no name.
 */
export type RecordingSource = {
  /** Of the typescript; output begins after `headerBytes`. */
  dataFd: number;
  headerBytes: number;
  eventsFd: number;
  /** The size of the screen at the beginning. */
  columns: number;
  rows: number;
};

/** Keeps the output of a session that is not to be recorded for as long as it runs: its screen can be shown again. */
export type ScratchRecorder = Omit<Recorder, 'seal'> & {
  /** Closes the files, which had no names, so that nothing is left. */
  discard(): Promise<void>;
};

/** A head of the chain as the audit log knows it, where whoever can write to the store cannot reach. Number 0 is the opening's. */
export type Anchor = { seq: number; head: string };

export type RecorderCallbacks = {
  /** After every closed segment: its number and the new head in hex, to be anchored in the audit log. */
  onSegment(seq: number, head: string): void;
  onFailure(error: Error): void;
};

export type RecordingStore = {
  /**
   * Makes the folder and its files and writes the first event durably; rejects when any of that fails. `openingHead` is
   * head 0 of the chain, to be anchored before the session begins.
   */
  open(
    subject: RecordingSubject,
    size: { columns: number; rows: number },
    callbacks: RecorderCallbacks,
  ): Promise<{ recorder: Recorder; path: string; openingHead: string }>;
  /** As `open`, into files without names: for sessions that are not recorded. */
  openScratch(
    subject: RecordingSubject,
    size: { columns: number; rows: number },
    callbacks: Pick<RecorderCallbacks, 'onFailure'>,
  ): Promise<ScratchRecorder>;
  /**
   * Seals what a recorder left behind that never got to `seal`: after a crash of the process (`crash`) or a failure of
   * the disk. Nobody may be writing to it any more. Idempotent; rejects when the folder is missing, damaged beyond a
   * crash or unlike its anchors, and leaves it as it is then: a signature would make evidence of it.
   */
  sealAfterCrash(path: string, reason: string, anchors: readonly Anchor[]): Promise<CrashSeal>;
};

export type CrashSeal =
  | {
      outcome: 'sealed' | 'already_sealed';
      sealed: SealedRecording;
      /** What was cut off because its last record was not whole; sealed into the manifest too. */
      gaps: RecordingGap[];
    }
  /** The recorder stopped before `open` resolved, so that no session can have used it. */
  | { outcome: 'nothing_recorded' };

export type RecordingGap = { file: string; atByte: number; bytes: number; why: string };
