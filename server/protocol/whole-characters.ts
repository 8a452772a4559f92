/**
 * Hands on a stream of UTF-8 so that no piece ends within a character. xterm.js 6.0 reads pieces that do, but loses the
 * character when its second byte is 0x80, as in `—` and `“`, and the cut is after that byte.
 */
export class WholeCharacters {
  #rest: Uint8Array<ArrayBufferLike> = none;

  /** What may be read now: all but the beginning of a last character whose end has not come yet. */
  push(bytes: Uint8Array): Uint8Array {
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
    const end = all.length - unfinishedBytes(all);
    // A copy, which `slice` of a Buffer is not: whoever gave the bytes may use them again.
    this.#rest = end === all.length ? none : new Uint8Array(all.subarray(end));
    return all.subarray(0, end);
  }

  /** Bytes that were pushed and not handed on. */
  get heldBytes(): number {
    return this.#rest.length;
  }

  /** Forgets a character that had begun. */
  reset(): void {
    this.#rest = none;
  }
}

const none = new Uint8Array(0);

/** How many bytes at the end begin a character that needs more (RFC 3629); 0 for one that could not be any. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed =
      byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc0 && byte < 0xe0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
