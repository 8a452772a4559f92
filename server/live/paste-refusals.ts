const gatherMs = 1_000;

/** Tells of refused pastes, at once and then once a second at most: a large one comes in many frames. */
export class PasteRefusals {
  readonly #tell: (bytes: number) => void;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (bytes: number) => void) {
    this.#tell = tell;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#timer) return;
    this.#report();
    this.#timer = setTimeout(() => this.flush(), gatherMs);
  }

  /** Tells what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#report();
  }

  #report(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes > 0) this.#tell(bytes);
  }
}
