import { frameType } from '../protocol/terminal-frames.ts';
import { FramePool } from './frame-pool.ts';

/** A data frame, how many bytes of output are in it, and what to call when nobody reads it any more. */
export type SendFrame = (frame: Buffer, bytes: number, onSent: (() => void) | undefined) => void;

const maxFrameBytes = 32 * 1024;
/** Below this Node has memory at hand for a new frame. */
const minPooledBytes = 4 * 1024;
const gatherMs = 2;

const frames = new FramePool();

/**
 * Makes data frames of output. After a quiet moment output leaves at once, so that an echo waits for nothing; while
 * more keeps coming it is gathered for 2 ms or up to 32 KiB. Each byte is copied once, into its frame.
 */
export class OutputCoalescer {
  readonly #send: SendFrame;
  readonly #nowMs: () => number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #quietUntilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerRuns = false;

  constructor(send: SendFrame, nowMs: () => number = () => performance.now()) {
    this.#send = send;
    this.#nowMs = nowMs;
  }

  /** The bytes may be kept for as long as `gatherMs`; whoever gave them does not write to them again. */
  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#bytes > 0 && this.#bytes + bytes.length > maxFrameBytes) this.flush();
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= maxFrameBytes) this.flush();
    else if (this.#timerRuns) return;
    else if (this.#nowMs() >= this.#quietUntilMs) this.flush();
    else this.#startTimer();
  }

  flush(): void {
    if (this.#bytes === 0) return;
    const pooled = this.#bytes < minPooledBytes ? undefined : frames.take(1 + this.#bytes);
    const frame = pooled?.frame ?? Buffer.allocUnsafe(1 + this.#bytes);
    frame[0] = frameType.data;
    let at = 1;
    for (const chunk of this.#chunks) {
      frame.set(chunk, at);
      at += chunk.length;
    }
    const bytes = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    this.#quietUntilMs = this.#nowMs() + gatherMs;
    this.#send(frame, bytes, pooled?.giveBack);
  }

  /** Drops what was not sent. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#chunks = [];
    this.#bytes = 0;
  }

  #startTimer(): void {
    this.#timerRuns = true;
    if (this.#timer) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timerRuns = false;
      this.flush();
    }, gatherMs);
  }
}
