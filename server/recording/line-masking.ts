import type { ScreenLine } from './screen-text.ts';
import type { SecretFinder, TextRange } from './secret-prints.ts';

/** In place of a secret, whatever its length. */
export const maskText = '••••••••';

const longestRun = 64 * 1024;

/**
 * Lines on their way from a screen into an index, in which known secrets are replaced. Lines that fill their rows are
 * held until the one after them has come: a program that wraps lines by itself may have put a secret on both.
 */
export class LineMasking {
  readonly #finder: SecretFinder;
  readonly #onLine: (line: ScreenLine) => void;
  #run: ScreenLine[] = [];
  #runLength = 0;

  constructor(finder: SecretFinder, onLine: (line: ScreenLine) => void) {
    this.#finder = finder;
    this.#onLine = onLine;
  }

  push(line: ScreenLine): void {
    const before = this.#run.at(-1);
    // The same line as a moment ago with more in it, of which the earlier reading may hold half a secret.
    if (before && line.text.startsWith(before.text)) {
      this.#run.pop();
      this.#runLength -= before.text.length;
    }
    this.#run.push(line);
    this.#runLength += line.text.length;
    if (!line.isFull) this.#close(0);
    else if (this.#runLength > longestRun) this.#close(this.#finder.longest);
  }

  /** There are no more lines. */
  end(): void {
    this.#close(0);
  }

  /** Lets lines go, but for the last ones with at least so many characters. */
  #close(keptLength: number): void {
    const masked = this.#masked();
    let first = masked.length;
    let kept = 0;
    while (first > 0 && kept < keptLength) {
      first -= 1;
      kept += masked[first]?.text.length ?? 0;
    }
    this.#run = masked.slice(first);
    this.#runLength = kept;
    for (const line of masked.slice(0, first)) this.#onLine(line);
  }

  #masked(): ScreenLine[] {
    const ranges = this.#finder.find(this.#run.map(({ text }) => text).join(''));
    if (ranges.length === 0) return this.#run;
    let at = 0;
    return this.#run.map((line) => {
      const from = at;
      at += line.text.length;
      return { ...line, text: withMasks(line.text, from, ranges) };
    });
  }
}

/** A text that begins at `start` of what the ranges are of. */
function withMasks(text: string, start: number, ranges: readonly TextRange[]): string {
  let masked = '';
  let at = 0;
  for (const { from, to } of ranges) {
    const first = Math.max(0, from - start);
    const last = Math.min(text.length, to - start);
    if (last <= first) continue;
    masked += text.slice(at, first) + maskText;
    at = last;
  }
  return masked + text.slice(at);
}
