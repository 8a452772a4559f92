import type { Audit } from '../../context.ts';

/** Tells whenever something was committed together with its evidence. */
export class Commits {
  #heard = () => {};
  #next = this.#wait();

  /** The commit after this call. */
  next(): Promise<void> {
    return this.#next;
  }

  heardFrom(audit: Audit): Audit {
    return {
      writerId: audit.writerId,
      append: (...events) => audit.append(...events),
      transact: (work) => audit.transact(work).finally(() => this.#tell()),
    };
  }

  #tell(): void {
    const heard = this.#heard;
    this.#next = this.#wait();
    heard();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }
}
