import { maxDepth, maxParts } from './limits.ts';
import { bytesMark, emptyObject, type Parsed, type Tree, Unreadable } from './tree.ts';

/** Reads one CBOR item (RFC 8949), as `rpc-v2-cbor` sends it. `undefined` when it is none, too deep, too much, or followed by more. */
export function readCbor(bytes: Buffer): Parsed | undefined {
  const reader = new CborReader(bytes);
  try {
    return { tree: reader.whole(), repeated: reader.repeated };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

const breakMark = Symbol('break');
const indefinite = -1;

class CborReader {
  repeated = false;
  #at = 0;
  #parts = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  whole(): Tree {
    const tree = this.#value(0);
    if (this.#at !== this.#bytes.length) throw new Unreadable();
    return tree;
  }

  #value(depth: number): Tree {
    const item = this.#item(depth);
    if (item === breakMark) throw new Unreadable();
    return item;
  }

  #item(depth: number): Tree | typeof breakMark {
    this.#parts += 1;
    if (depth > maxDepth || this.#parts > maxParts) throw new Unreadable();
    const initial = this.#take(1)[0] ?? 0;
    const [major, info] = [initial >> 5, initial & 0x1f];
    if (major === 7) return this.#simple(info);
    const count = this.#count(info);
    switch (major) {
      case 0:
        return numberOf(count);
      case 1:
        return numberOf(-1n - BigInt(count));
      case 2:
        return bytesMark(this.#string(count, 2).length);
      case 3:
        return this.#string(count, 3).toString('utf8');
      case 4:
        return this.#array(Number(count), depth);
      case 5:
        return this.#map(Number(count), depth);
      default:
        // A tag says how to understand what follows (a time, a decimal); for a log its value is enough.
        if (count === indefinite) throw new Unreadable();
        return this.#value(depth + 1);
    }
  }

  #simple(info: number): Tree | typeof breakMark {
    if (info === 31) return breakMark;
    if (info === 20 || info === 21) return info === 21;
    if (info === 22 || info === 23) return null;
    if (info === 25) return halfFloat(this.#take(2).readUInt16BE());
    if (info === 26) return this.#take(4).readFloatBE();
    if (info === 27) return this.#take(8).readDoubleBE();
    throw new Unreadable();
  }

  /** The argument of an item's head; `indefinite` where the end is marked instead. */
  #count(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#take(1).readUInt8();
    if (info === 25) return this.#take(2).readUInt16BE();
    if (info === 26) return this.#take(4).readUInt32BE();
    if (info === 27) return this.#take(8).readBigUInt64BE();
    if (info === 31) return indefinite;
    throw new Unreadable();
  }

  #string(count: number | bigint, major: number): Buffer {
    if (count !== indefinite) return this.#take(Number(count));
    const chunks: Buffer[] = [];
    for (let head = this.#take(1)[0] ?? 0; head !== 0xff; head = this.#take(1)[0] ?? 0) {
      const size = this.#count(head & 0x1f);
      if (head >> 5 !== major || size === indefinite) throw new Unreadable();
      chunks.push(this.#take(Number(size)));
    }
    return Buffer.concat(chunks);
  }

  #array(count: number, depth: number): Tree {
    const items: Tree[] = [];
    while (count === indefinite || items.length < count) {
      const item = this.#item(depth + 1);
      if (item === breakMark) {
        if (count === indefinite) return items;
        throw new Unreadable();
      }
      items.push(item);
    }
    return items;
  }

  #map(count: number, depth: number): Tree {
    const object = emptyObject();
    for (let read = 0; count === indefinite || read < count; read += 1) {
      const key = this.#item(depth + 1);
      if (key === breakMark && count === indefinite) return object;
      if (typeof key !== 'string') throw new Unreadable();
      if (key in object) this.repeated = true;
      object[key] = this.#value(depth + 1);
    }
    return object;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (!(end <= this.#bytes.length)) throw new Unreadable();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function numberOf(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
