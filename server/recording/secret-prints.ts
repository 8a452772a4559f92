import { createHmac, hkdfSync } from 'node:crypto';
import type { SecretPrint } from '../protocol/secret-print.ts';

/** Shorter ones would mask half of every line, and say by that what they are. */
const shortest = 4;
const mostParts = 500;
/** The largest prime below 2^26, so that no product goes beyond the whole numbers of a double. */
const modulus = 67_108_859;

/** A key for the prints of one session, derived from a secret that only processes of this installation hold. */
export function printKey(secret: string, sessionId: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, sessionId, 'sallyport secret prints v1', 32));
}

/**
 * Prints of what must not be found in the text of a session, line by line: a private key stands on many. The first one
 * is of nothing, and proves the key; also for a session without anything to hide.
 */
export function makePrints(key: Uint8Array, secrets: readonly string[]): SecretPrint[] {
  const lines = secrets.flatMap((secret) => secret.split(/[\r\n]+/)).map((line) => line.trim());
  const parts = new Set(lines.filter((line) => line.length >= shortest && !line.startsWith('-----')));
  const base = baseOf(key);
  const made = [...parts].slice(0, mostParts).map((part) => ({
    length: part.length,
    rolling: rollingOf(part, base),
    hmac: hmacOf(key, part),
  }));
  return [{ length: 0, rolling: 0, hmac: hmacOf(key, '') }, ...made];
}

/** Whether the prints were made with this key, so that it finds what they are of. */
export function isPrintedWith(key: Uint8Array, prints: readonly SecretPrint[]): boolean {
  return prints.some(({ length, hmac }) => length === 0 && hmac === hmacOf(key, ''));
}

/** From the first character to the one after the last. */
export type TextRange = { from: number; to: number };

type Group = { length: number; power: number; hmacs: Map<number, string[]> };

/** Finds in text what prints are of: by a rolling hash, confirmed by HMAC. */
export class SecretFinder {
  readonly #key: Uint8Array;
  readonly #base: number;
  readonly #groups: Group[];
  /** Length of the longest secret. */
  readonly longest: number;

  constructor(key: Uint8Array, prints: readonly SecretPrint[]) {
    this.#key = key;
    this.#base = baseOf(key);
    const lengths = new Set(prints.map(({ length }) => length).filter((length) => length > 0));
    this.longest = Math.max(0, ...lengths);
    this.#groups = [...lengths].map((length) => {
      const hmacs = new Map<number, string[]>();
      for (const { rolling, hmac } of prints.filter((print) => print.length === length)) {
        hmacs.set(rolling, [...(hmacs.get(rolling) ?? []), hmac]);
      }
      return { length, power: powerOf(this.#base, length), hmacs };
    });
  }

  /** How many lengths of secrets there are: text is gone through once for each. */
  get lengths(): number {
    return this.#groups.length;
  }

  /** In order, none touching another. */
  find(text: string): TextRange[] {
    const found = this.#groups.flatMap((group) => this.#findIn(text, group)).sort((a, b) => a.from - b.from);
    const apart: TextRange[] = [];
    for (const range of found) {
      const last = apart.at(-1);
      if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
      else apart.push(range);
    }
    return apart;
  }

  #findIn(text: string, { length, power, hmacs }: Group): TextRange[] {
    const found: TextRange[] = [];
    const base = this.#base;
    let rolling = 0;
    for (let i = 0; i < text.length; i += 1) {
      const left = i >= length ? text.charCodeAt(i - length) * power : 0;
      rolling = rest(rolling * base + text.charCodeAt(i) - left);
      if (i + 1 < length) continue;
      const candidates = hmacs.get(rolling);
      const from = i + 1 - length;
      if (candidates?.includes(hmacOf(this.#key, text.slice(from, i + 1)))) found.push({ from, to: i + 1 });
    }
    return found;
  }
}

/**
 * What is left of a whole number below 2^53 when it is divided by the modulus, never negative. Every character of a
 * recording comes by here, and `%` of such numbers is many times slower.
 */
function rest(value: number): number {
  const left = value - Math.floor(value / modulus) * modulus;
  return left < 0 ? left + modulus : left;
}

function rollingOf(text: string, base: number): number {
  let rolling = 0;
  for (let i = 0; i < text.length; i += 1) rolling = rest(rolling * base + text.charCodeAt(i));
  return rolling;
}

function powerOf(base: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i += 1) power = rest(power * base);
  return power;
}

// Secret as well: with a base that is known, the hash of a short secret would be as good as the secret.
function baseOf(key: Uint8Array): number {
  return 2 + (createHmac('sha256', key).update('base').digest().readUIntBE(0, 6) % (modulus - 3));
}

function hmacOf(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(`secret:${text}`).digest('base64url');
}
