import type { TerminalSize } from '../bridges/terminal-bridge.ts';

const usualPaceMs = 100;

/**
 * Lets a browser resize its terminal so often at most, however often it asks: each time is a line of the recording, a
 * message to the host and work for everybody who looks. The last size always comes through.
 */
export class ResizePace {
  readonly #apply: (size: TerminalSize) => void;
  readonly #paceMs: number;
  #waiting: TerminalSize | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(apply: (size: TerminalSize) => void, paceMs = usualPaceMs) {
    this.#apply = apply;
    this.#paceMs = paceMs;
  }

  ask(size: TerminalSize): void {
    this.#waiting = size;
    if (!this.#timer) this.#next();
  }

  /** What was asked for and has not come through yet is not wanted any more. */
  forget(): void {
    this.#waiting = undefined;
  }

  stop(): void {
    this.#waiting = undefined;
    clearTimeout(this.#timer);
  }

  #next(): void {
    const size = this.#waiting;
    this.#waiting = undefined;
    this.#timer = size && setTimeout(() => this.#next(), this.#paceMs);
    if (size) this.#apply(size);
  }
}
