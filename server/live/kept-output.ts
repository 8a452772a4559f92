import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { RecordingEvent, RecordingSource, ScratchRecorder } from '../recording/port.ts';

/** Where the output of a session is kept, so that its screen can be shown again. */
export type KeptOutput = {
  /** `false`: hold the host back until `onDrain`. */
  output(bytes: Uint8Array): boolean;
  event(event: RecordingEvent): void;
  /** Rejects when nothing is kept any more. */
  flush(): Promise<void>;
  /** Runs with its files, which stay open until this settles. Rejects when they are closed. */
  read<T>(work: (source: RecordingSource) => Promise<T>): Promise<T>;
  onDrain: (() => void) | undefined;
  /** It failed, and nothing waits for it any more. */
  onLost: (() => void) | undefined;
};

/** Above this the host is held back until what is kept has caught up. */
export const pressureBytes = 4 * 1024 * 1024;

/** The output of a session that is not recorded: in files without names, for as long as it runs. */
export class ScratchOutput implements KeptOutput {
  onDrain: (() => void) | undefined;
  onLost: (() => void) | undefined;
  readonly #recorder: ScratchRecorder;
  #isLost = false;

  constructor(recorder: ScratchRecorder) {
    this.#recorder = recorder;
    recorder.onDrain = () => this.onDrain?.();
  }

  read<T>(work: (source: RecordingSource) => Promise<T>): Promise<T> {
    return this.#recorder.read(work);
  }

  output(bytes: Uint8Array): boolean {
    if (this.#isLost) return true;
    this.#recorder.output(bytes);
    return this.#recorder.queuedBytes <= pressureBytes;
  }

  event(event: RecordingEvent): void {
    if (!this.#isLost) this.#recorder.event(event);
  }

  flush(): Promise<void> {
    return this.#recorder.flush();
  }

  /** Nobody is told: the session was not to be recorded, and goes on without being shown again. */
  lost(): void {
    this.#isLost = true;
    this.onLost?.();
  }

  discard(): Promise<void> {
    return this.#recorder.discard();
  }
}

const readAt = promisify(read);

/** Output between two offsets, which must have been flushed. */
export async function readOutput({ dataFd, headerBytes }: RecordingSource, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await readAt(dataFd, bytes, at, bytes.length - at, headerBytes + from + at);
    if (bytesRead === 0) throw new Error('The output that was kept ends too soon.');
    at += bytesRead;
  }
  return bytes;
}
