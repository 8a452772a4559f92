/** Keys or a paste, as they were sent in one frame. */
export type SentInput = { kind: 'data' | 'paste'; bytes: Uint8Array };

/** More than this that the gateway has not taken is not kept; it could only be a paste to a host that reads nothing. */
const mostKeptBytes = 4 * 1024 * 1024;

/**
 * What was sent and not yet taken, so that after a lost connection exactly the rest is sent again. Counted in bytes from
 * the opening of the session, as the gateway counts them.
 */
export class InputLog {
  #sent: SentInput[] = [];
  #keptBytes = 0;
  /** Bytes before the first that is kept. */
  #takenBytes = 0;

  /** The session was opened, or taken over from another browser, with so much input taken already. */
  begin(takenBytes: number): void {
    this.#sent = [];
    this.#keptBytes = 0;
    this.#takenBytes = takenBytes;
  }

  add(input: SentInput): void {
    this.#sent.push(input);
    this.#keptBytes += input.bytes.length;
    while (this.#keptBytes > mostKeptBytes) this.#drop(this.#sent[0]?.bytes.length ?? 0);
  }

  /** Forgets what the gateway has. An older word than the last is none. */
  taken(inputBytes: number): void {
    if (inputBytes > this.#takenBytes) this.#drop(Math.min(inputBytes - this.#takenBytes, this.#keptBytes));
  }

  /** What has to be sent again, in order. It stays here until it is taken. */
  get rest(): readonly SentInput[] {
    return this.#sent;
  }

  #drop(bytes: number): void {
    let left = bytes;
    this.#takenBytes += bytes;
    this.#keptBytes -= bytes;
    while (left > 0) {
      const first = this.#sent[0];
      if (!first) return;
      if (first.bytes.length > left) {
        this.#sent[0] = { ...first, bytes: first.bytes.subarray(left) };
        return;
      }
      left -= first.bytes.length;
      this.#sent.shift();
    }
  }
}
