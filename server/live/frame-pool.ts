/** 32 KiB of output after the byte that says what it is. */
const frameBytes = 1 + 32 * 1024;
/** Frames kept for use again: what a few floods have on their way. */
const maxFreeFrames = 64;

export type PooledFrame = {
  /** As many bytes as were asked for; what is in them is of an earlier frame. */
  frame: Buffer;
  /** Once it is sent, or never will be. What is never given back is left to the garbage collector. */
  giveBack(): void;
};

/**
 * Memory of large frames, shared by all sessions and used again. A flood that allocated its frames anew drove V8 into a
 * full collection ten times a second, for which every other session had to wait.
 */
export class FramePool {
  readonly #free: Buffer[] = [];

  /** `undefined` for a frame that is larger than what is kept. */
  take(bytes: number): PooledFrame | undefined {
    if (bytes > frameBytes) return undefined;
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(frameBytes);
    let isOut = true;
    return {
      frame: memory.subarray(0, bytes),
      giveBack: () => {
        // Given back twice it would be in two sessions at once.
        if (isOut && this.#free.length < maxFreeFrames) this.#free.push(memory);
        isOut = false;
      },
    };
  }
}
