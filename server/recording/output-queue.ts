const blockBytes = 64 * 1024;
/** Blocks kept for reuse, so that a flood allocates nothing and an idle process keeps little. */
const maxFreeBlocks = 32;

/** Blocks of memory that all recorders of a store share: an idle recorder holds none. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  give(block: Uint8Array): void {
    if (this.#free.length < maxFreeBlocks) this.#free.push(block);
  }
}

type Block = { bytes: Uint8Array; start: number; end: number };

/** Output that was taken and not yet written: copied once into pooled blocks, handed out as views of them. */
export class OutputQueue {
  readonly #pool: BlockPool;
  readonly #blocks: Block[] = [];

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  append(bytes: Uint8Array): void {
    let taken = 0;
    while (taken < bytes.length) {
      const block = this.#blockWithRoom();
      const piece = bytes.subarray(taken, taken + block.bytes.length - block.end);
      block.bytes.set(piece, block.end);
      block.end += piece.length;
      taken += piece.length;
    }
  }

  /** Views of the oldest `count` bytes, which must be there. They stay valid until `drop` of as many bytes. */
  peek(count: number): Uint8Array[] {
    const views: Uint8Array[] = [];
    let missing = count;
    for (const { bytes, start, end } of this.#blocks) {
      if (missing === 0) break;
      const view = bytes.subarray(start, Math.min(end, start + missing));
      views.push(view);
      missing -= view.length;
    }
    return views;
  }

  drop(count: number): void {
    let left = count;
    for (;;) {
      const block = this.#blocks[0];
      if (!block) return;
      const dropped = Math.min(left, block.end - block.start);
      block.start += dropped;
      left -= dropped;
      if (block.start < block.end) return;
      this.#pool.give(block.bytes);
      this.#blocks.shift();
    }
  }

  /** Forgets everything. The blocks do not go back to the pool, because a write under way may still read them. */
  abandon(): void {
    this.#blocks.length = 0;
  }

  #blockWithRoom(): Block {
    const last = this.#blocks.at(-1);
    if (last && last.end < last.bytes.length) return last;
    const block = { bytes: this.#pool.take(), start: 0, end: 0 };
    this.#blocks.push(block);
    return block;
  }
}
