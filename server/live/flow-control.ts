import { pauseAboveBytes, resumeBelowBytes } from '../protocol/terminal-frames.ts';

/**
 * Output that the browser was sent but has not parsed yet. Acknowledgements are cumulative, so that a lost or merged
 * one does no harm. Pure; between the two marks it keeps its last answer.
 */
export class FlowControl {
  #sentBytes: number;
  #ackedBytes: number;
  #mustWait = false;

  /** `fromBytes`: what came before is no concern of this browser. */
  constructor(fromBytes = 0) {
    this.#sentBytes = fromBytes;
    this.#ackedBytes = fromBytes;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** `false`: more than was ever sent, which no honest browser says. */
  acked(parsedBytes: number): boolean {
    if (parsedBytes > this.#sentBytes) return false;
    this.#ackedBytes = Math.max(this.#ackedBytes, parsedBytes);
    return true;
  }

  get unackedBytes(): number {
    return this.#sentBytes - this.#ackedBytes;
  }

  /** Must the host wait? `bufferedBytes` are in our own socket still, whatever the browser claims to have parsed. */
  mustWait(bufferedBytes: number): boolean {
    const ahead = Math.max(this.unackedBytes, bufferedBytes);
    this.#mustWait = this.#mustWait ? ahead >= resumeBelowBytes : ahead > pauseAboveBytes;
    return this.#mustWait;
  }
}
