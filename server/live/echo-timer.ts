/** Output that comes later than this is no answer to a key, such as to those of a password. */
const longestMs = 10_000;

/** Measures from a key to the first output after it, as whoever types waits for it. */
export class EchoTimer {
  readonly #echoed: (ms: number) => void;
  readonly #nowMs: () => number;
  #typedAtMs: number | undefined;

  constructor(echoed: (ms: number) => void, nowMs: () => number = () => performance.now()) {
    this.#echoed = echoed;
    this.#nowMs = nowMs;
  }

  /** Of several keys before any output, the first counts: it has waited longest. */
  typed(): void {
    const nowMs = this.#nowMs();
    if (this.#typedAtMs === undefined || nowMs - this.#typedAtMs > longestMs) this.#typedAtMs = nowMs;
  }

  seen(): void {
    if (this.#typedAtMs === undefined) return;
    const ms = this.#nowMs() - this.#typedAtMs;
    this.#typedAtMs = undefined;
    if (ms <= longestMs) this.#echoed(ms);
  }
}
