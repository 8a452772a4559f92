/**
 * Which typed lines may be written to the recording. SSH does not tell whether the host echoes, so the rule is strict:
 * a line counts only if the host had written back exactly its characters, in order and with nothing in between, before
 * Enter was pressed. A password prompt echoes nothing or stars, so it never passes. Neither does a line with editing
 * keys, completion, a paste or other output in its middle: what such a line did is in the output anyway. Pure.
 */
export class EchoedInput {
  readonly #onLine: (text: string) => void;
  #typed: number[] = [];
  #echoed = 0;
  #isClean = true;

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  typed(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === enter || byte === lineFeed) this.#endLine();
      else if (isPrintable(byte) && this.#typed.length < maxLineBytes) this.#typed.push(byte);
      else this.spoil();
    }
  }

  /** Output of the host, as it came. */
  seen(bytes: Uint8Array): void {
    if (!this.#isClean || this.#typed.length === 0) return;
    for (const byte of bytes) {
      if (byte === this.#typed[this.#echoed]) this.#echoed += 1;
      else this.spoil();
    }
  }

  /** The rest of this line cannot be told from what the host writes by itself. */
  spoil(): void {
    this.#isClean = false;
  }

  #endLine(): void {
    if (this.#isClean && this.#typed.length > 0 && this.#echoed === this.#typed.length) {
      this.#onLine(decoder.decode(Uint8Array.from(this.#typed)));
    }
    this.#typed = [];
    this.#echoed = 0;
    this.#isClean = true;
  }
}

const enter = 0x0d;
const lineFeed = 0x0a;
const maxLineBytes = 4096;
const decoder = new TextDecoder();

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x7f;
}
