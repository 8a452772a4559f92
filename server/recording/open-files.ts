/**
 * Files that others read from by their descriptors. Whoever closed one under a reader would let it read whatever file is
 * opened next and gets the same number, so they are closed when nobody reads any more.
 */
export class OpenFiles {
  readonly #closeThem: () => Promise<void>;
  #readers = 0;
  #isClosing = false;

  constructor(closeThem: () => Promise<void>) {
    this.#closeThem = closeThem;
  }

  /** Rejects without a call of `work` once they are to be closed. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosing) throw new FilesClosed();
    this.#readers += 1;
    try {
      return await work();
    } finally {
      this.#readers -= 1;
      if (this.#isClosing && this.#readers === 0) void this.#closeThem().catch(() => undefined);
    }
  }

  /** Lets nobody read any more. Resolves when they are closed, or at once when that is left to the last who reads. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#readers === 0) await this.#closeThem();
  }
}

/** What was kept of a session cannot be read any more. */
export class FilesClosed extends Error {
  override name = 'FilesClosed';
  override message = 'These files are closed.';
}
