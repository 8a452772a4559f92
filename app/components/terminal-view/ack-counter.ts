import { ackEveryBytes } from '#server/protocol/terminal-frames.ts';

/**
 * Counts output from receipt to parsed, and says when to acknowledge: every `ackEveryBytes` of a flood, and as soon as
 * nothing is left to parse, so that the gateway's view of an idle terminal is exact.
 */
export class AckCounter {
  #received: number;
  #parsed: number;
  #acknowledged: number;
  readonly #acknowledge: (parsedBytes: number) => void;

  /** `fromBytes`: output that came before this counter. */
  constructor(acknowledge: (parsedBytes: number) => void, fromBytes = 0) {
    this.#received = fromBytes;
    this.#parsed = fromBytes;
    this.#acknowledged = fromBytes;
    this.#acknowledge = acknowledge;
  }

  received(bytes: number): void {
    this.#received += bytes;
  }

  parsed(bytes: number): void {
    this.#parsed += bytes;
    const due = this.#parsed - this.#acknowledged >= ackEveryBytes || this.#parsed === this.#received;
    if (!due) return;
    this.#acknowledged = this.#parsed;
    this.#acknowledge(this.#parsed);
  }
}
