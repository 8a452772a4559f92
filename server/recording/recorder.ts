import { Unexpected } from '../errors.ts';
import { formatTimingStep } from '../protocol/typescript.ts';
import { formatEventLine } from '../protocol/typescript-events.ts';
import { OpenFiles } from './open-files.ts';
import { type BlockPool, OutputQueue } from './output-queue.ts';
import type {
  Recorder,
  RecorderCallbacks,
  RecordingEvent,
  RecordingSource,
  ScratchRecorder,
  SealedRecording,
} from './port.ts';
import type { Batch, SegmentWriter } from './segment-writer.ts';

export type RecorderLimits = {
  /** Output that arrives within this time is one step of the timing, unless it grows to `stepBytes`. */
  coalesceMs: number;
  stepBytes: number;
  /** At most this long, or this many bytes, until written bytes are made durable. */
  syncMs: number;
  syncBytes: number;
  /** Writing waits while more than this is not durable: a slow disk becomes pressure, not an unbounded loss. */
  maxUnsyncedBytes: number;
  segmentBytes: number;
  segmentMs: number;
  /** `onDrain` comes when the queue falls below this; the caller holds the host back above `pressureBytes`. */
  drainBytes: number;
  /** A caller that ignores the pressure loses the recording here, loudly, instead of all memory. */
  maxQueuedBytes: number;
  /** More output than this is a failure. */
  maxBytes: number;
};

const KiB = 1024;
const MiB = 1024 * KiB;

/** Above this many queued bytes the caller pauses the host until `onDrain`. */
export const pressureBytes = 4 * MiB;

export const defaultLimits: RecorderLimits = {
  coalesceMs: 16,
  stepBytes: 64 * KiB,
  syncMs: 1000,
  syncBytes: 4 * MiB,
  maxUnsyncedBytes: 16 * MiB,
  segmentBytes: MiB,
  segmentMs: 60_000,
  drainBytes: MiB,
  maxQueuedBytes: 32 * MiB,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** In a flood, writing waits for this much: a turn of writing costs the same for one step as for many. */
const worthWritingBytes = 1024 * KiB;
/** Where the disk is to be asked for room at all, it is asked after so much. */
const roomEveryBytes = 16 * MiB;
/** Most bytes of one turn of writing, so that hashing them holds nobody up. */
const batchBytes = 1024 * KiB;

export type RecorderParts = {
  writer: SegmentWriter;
  source: RecordingSource;
  pool: BlockPool;
  callbacks: RecorderCallbacks;
  limits: RecorderLimits;
  /** Rejects when nothing more may be written although the disk would take it. */
  assertRoom?: (() => Promise<void>) | undefined;
  now(): Date;
  onDurable?: ((ms: number) => void) | undefined;
  /** Microseconds since the recording began. */
  elapsedUs(): number;
  /** Signs and stores the manifest once everything else is durable. */
  finish(end: { reason: string; outputBytes: number; durationMs: number }): Promise<SealedRecording>;
};

type Step = { line: string; bytes: number };
type TimerName = 'step' | 'sync' | 'segment';

/** Collects output into steps, writes them in turn, and keeps the promises of `Recorder` about time and failure. */
export class SessionRecorder implements Recorder, ScratchRecorder {
  onDrain: (() => void) | undefined;

  readonly #parts: RecorderParts;
  readonly #queue: OutputQueue;
  readonly #files: OpenFiles;
  readonly #timers: Partial<Record<TimerName, NodeJS.Timeout>> = {};
  #steps: Step[] = [];
  #events: string[] = [];
  #stepBytes = 0;
  #stepStartUs = 0;
  #lastStepUs = 0;
  /** When the oldest came that is not yet written, and that is written but not yet durable. */
  #queuedUs: number | undefined;
  #writtenUs: number | undefined;
  #outputBytes = 0;
  #bytesSinceRoom = 0;
  #segmentIsDue = false;
  #queuedBytes = 0;
  #pressed = false;
  #isWriting = false;
  #writing: Promise<void> | undefined;
  #sealed = false;
  #failure: Error | undefined;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#queue = new OutputQueue(parts.pool);
    this.#files = new OpenFiles(() => parts.writer.close());
    this.#startSegmentTimer(); // The opening is in the first segment already.
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get source(): RecordingSource {
    return this.#parts.source;
  }

  read<T>(work: (source: RecordingSource) => Promise<T>): Promise<T> {
    return this.#files.read(() => work(this.#parts.source));
  }

  async flush(): Promise<void> {
    this.#endStep();
    this.#wake();
    await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  async discard(): Promise<void> {
    this.#sealed = true;
    await this.#writing;
    this.#clearTimers();
    if (!this.#failure) await this.#files.close();
  }

  output(bytes: Uint8Array): void {
    if (this.#failure || this.#sealed || bytes.length === 0) return;
    const { limits } = this.#parts;
    this.#queuedUs ??= this.#parts.elapsedUs();
    for (let taken = 0; taken < bytes.length; ) {
      if (this.#stepBytes === 0) this.#startStep();
      const piece = bytes.subarray(taken, taken + limits.stepBytes - this.#stepBytes);
      this.#queue.append(piece);
      this.#stepBytes += piece.length;
      taken += piece.length;
      if (this.#stepBytes === limits.stepBytes) this.#endStep();
    }
    this.#outputBytes += bytes.length;
    if (this.#outputBytes > limits.maxBytes) {
      this.#fail(new Error('More was shown in this session than is kept of one.'));
      return;
    }
    this.#enqueued(bytes.length);
    if (this.#queuedBytes >= worthWritingBytes) this.#wake();
  }

  event(event: RecordingEvent): void {
    if (this.#failure || this.#sealed) return;
    // A player resizes between two steps, so the step before must end here.
    if (event.type === 'resize') this.#endStep();
    const { now, elapsedUs } = this.#parts;
    const moment = { at: now().toISOString(), elapsedMs: Math.floor(elapsedUs() / 1000), offset: this.#outputBytes };
    const line = formatEventLine(moment, event);
    this.#events.push(line);
    this.#enqueued(Buffer.byteLength(line));
    this.#wake();
  }

  async seal(reason: string): Promise<SealedRecording> {
    if (this.#sealed) throw new Unexpected('A recording is sealed once.');
    this.#sealed = true;
    const { writer, elapsedUs, finish, now } = this.#parts;
    const durationMs = Math.floor(elapsedUs() / 1000);
    this.#endStep();
    this.#wake();
    await this.#writing;
    this.#clearTimers();
    try {
      if (this.#failure) throw this.#failure;
      writer.closeSegment(now());
      await this.#makeDurable();
      const sealed = await finish({ reason, outputBytes: this.#outputBytes, durationMs });
      await this.#files.close();
      return sealed;
    } catch (error) {
      this.#fail(error);
      throw this.#failure ?? error;
    }
  }

  #startStep(): void {
    this.#stepStartUs = this.#parts.elapsedUs();
    // In a flood one timer sees many steps come and go, and ends the one that is open when it fires.
    this.#startTimer('step', this.#parts.limits.coalesceMs, () => {
      this.#endStep();
      this.#wake();
    });
  }

  #endStep(): void {
    if (this.#stepBytes === 0) return;
    const line = formatTimingStep({ delayUs: this.#stepStartUs - this.#lastStepUs, bytes: this.#stepBytes });
    this.#lastStepUs = this.#stepStartUs;
    this.#steps.push({ line, bytes: this.#stepBytes });
    this.#stepBytes = 0;
  }

  #enqueued(bytes: number): void {
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > pressureBytes) this.#pressed = true;
    if (this.#queuedBytes > this.#parts.limits.maxQueuedBytes) {
      this.#fail(new Error('The recorder was given more than its queue holds, while the disk did not keep up.'));
    }
  }

  #wake(): void {
    if (this.#isWriting || this.#failure) return;
    this.#isWriting = true;
    this.#writing = this.#writeAll().catch((error) => this.#fail(error));
  }

  // One turn after the other, until nothing is left. The flag falls in the same turn as the last look at the queue, so
  // that no wake is lost between them.
  async #writeAll(): Promise<void> {
    try {
      while (!this.#failure && (this.#hasRecords || this.#segmentIsDue)) {
        if (this.#hasRecords) await this.#writeBatch();
        await this.#keepDurable();
      }
    } finally {
      this.#isWriting = false;
    }
  }

  get #hasRecords(): boolean {
    return this.#steps.length > 0 || this.#events.length > 0;
  }

  async #keepDurable(): Promise<void> {
    const { writer, limits, now } = this.#parts;
    if (this.#segmentIsDue || writer.segmentBytes >= limits.segmentBytes) {
      this.#segmentIsDue = false;
      this.#stopTimer('segment');
      writer.closeSegment(now());
      this.#startSyncTimer();
    }
    if (writer.unsyncedBytes >= limits.maxUnsyncedBytes) await this.#makeDurable();
    else if (writer.unsyncedBytes >= limits.syncBytes && !writer.isSyncing) this.#sync();
  }

  async #writeBatch(): Promise<void> {
    const { writer, limits } = this.#parts;
    const { batch, dataBytes, allBytes } = this.#takeBatch();
    await this.#assertRoomFor(allBytes);
    if (dataBytes > 0) this.#writtenUs ??= this.#queuedUs;
    if (this.#steps.length === 0 && this.#stepBytes === 0) this.#queuedUs = undefined;
    await writer.write(batch);
    if (this.#failure) return;
    this.#queue.drop(dataBytes);
    this.#queuedBytes -= allBytes;
    this.#startSyncTimer();
    this.#startSegmentTimer();
    if (this.#pressed && this.#queuedBytes < limits.drainBytes) {
      this.#pressed = false;
      this.onDrain?.();
    }
  }

  async #assertRoomFor(bytes: number): Promise<void> {
    const { assertRoom } = this.#parts;
    this.#bytesSinceRoom += bytes;
    if (!assertRoom || this.#bytesSinceRoom < roomEveryBytes) return;
    this.#bytesSinceRoom = 0;
    await assertRoom();
  }

  #takeBatch(): { batch: Batch; dataBytes: number; allBytes: number } {
    let dataBytes = 0;
    let count = 0;
    while (count < this.#steps.length && dataBytes < batchBytes) dataBytes += this.#steps[count++]?.bytes ?? 0;
    const timing = this.#steps
      .splice(0, count)
      .map(({ line }) => line)
      .join('');
    const events = this.#events.join('');
    this.#events = [];
    const batch = { data: this.#queue.peek(dataBytes), timing, events };
    return { batch, dataBytes, allBytes: dataBytes + Buffer.byteLength(events) };
  }

  #sync(): void {
    this.#stopTimer('sync');
    this.#makeDurable().catch((error) => this.#fail(error));
  }

  async #makeDurable(): Promise<void> {
    const { writer, elapsedUs, onDurable } = this.#parts;
    const sinceUs = this.#writtenUs;
    this.#writtenUs = undefined;
    await writer.sync();
    if (sinceUs !== undefined) onDurable?.((elapsedUs() - sinceUs) / 1000);
  }

  #startSyncTimer(): void {
    this.#startTimer('sync', this.#parts.limits.syncMs, () => this.#sync());
  }

  #startSegmentTimer(): void {
    this.#startTimer('segment', this.#parts.limits.segmentMs, () => {
      this.#segmentIsDue = true;
      this.#wake();
    });
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#clearTimers();
    this.#queue.abandon();
    this.#steps = [];
    this.#events = [];
    this.#stepBytes = 0;
    this.#queuedBytes = 0;
    void this.#closeAfterWriting();
    this.#parts.callbacks.onFailure(this.#failure);
  }

  // The files cannot be trusted any more, so that closing them can fail too; the failure itself has been told.
  async #closeAfterWriting(): Promise<void> {
    await this.#writing;
    await this.#files.close().catch(() => undefined);
  }

  #startTimer(name: TimerName, ms: number, run: () => void): void {
    this.#timers[name] ??= setTimeout(() => {
      this.#timers[name] = undefined;
      run();
    }, ms);
  }

  #stopTimer(name: TimerName): void {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = undefined;
  }

  #clearTimers(): void {
    for (const name of ['step', 'sync', 'segment'] as const) this.#stopTimer(name);
  }
}
