import type { SecretPrint } from '../protocol/secret-print.ts';
import { LineMasking } from './line-masking.ts';
import type { LineTaker, ScreenLine } from './screen-text.ts';
import { SecretFinder } from './secret-prints.ts';

/** What must not be found in the text. */
export type TextOrder = { key: Uint8Array; prints: SecretPrint[] };

/** Text as it stood on a screen. */
export type TextLine = { elapsedMs: number; text: string };

export type GatheredText = {
  /** In the order of time. */
  lines: TextLine[];
  /** From there on not every line is among them, since there were too many. */
  leftOutFromMs: number | undefined;
};

/** What one session may take in the database. */
export const textLimits = {
  lines: 60_000,
  characters: 8 * 1024 * 1024,
  /** Once half of it is used, so that a flood cannot hide what comes hours after it. */
  perMinute: { lines: 50, characters: 8 * 1024 },
  /** Longer lines become several. */
  lineLength: 2000,
} as const;

/** What is redrawn over and over is one line; what comes back after this is another. */
const repeatMs = 60_000;
const mostRemembered = { lines: 20_000, characters: 4 * 1024 * 1024 } as const;
/** A usual secret is one line, a private key has lines of one or two lengths. */
const usualLengths = 4;

/**
 * When a text was there last. The older half is forgotten at once, since a map from which the oldest is taken one by one
 * is searched for it from its beginning each time.
 */
class LastSeen {
  #newer = new Map<string, number>();
  #older = new Map<string, number>();
  #newerCharacters = 0;

  get(text: string): number | undefined {
    return this.#newer.get(text) ?? this.#older.get(text);
  }

  set(text: string, ms: number): void {
    if (!this.#newer.has(text)) this.#newerCharacters += text.length;
    this.#newer.set(text, ms);
    const { lines, characters } = mostRemembered;
    if (this.#newer.size < lines / 2 && this.#newerCharacters < characters / 2) return;
    this.#older = this.#newer;
    this.#newer = new Map();
    this.#newerCharacters = 0;
  }
}

/** Takes the lines of a screen and keeps those to be searched: secrets masked, repetitions left out, in bounded memory. */
export class TextGathering implements LineTaker {
  readonly costOfCharacter: number;
  readonly #masking: LineMasking;
  readonly #lines: TextLine[] = [];
  readonly #seen = new LastSeen();
  #characters = 0;
  #minute = { number: -1, lines: 0, characters: 0 };
  #leftOutFromMs: number | undefined;

  constructor({ key, prints }: TextOrder) {
    const finder = new SecretFinder(key, prints);
    this.costOfCharacter = Math.max(1, finder.lengths / usualLengths);
    this.#masking = new LineMasking(finder, (line) => this.#take(line));
  }

  push(line: ScreenLine): void {
    this.#masking.push(line);
  }

  leaveOut(elapsedMs: number): void {
    this.#leftOutFromMs = Math.min(this.#leftOutFromMs ?? elapsedMs, elapsedMs);
  }

  /** There is no more. */
  finish(): GatheredText {
    this.#masking.end();
    const lines = this.#lines.sort((a, b) => a.elapsedMs - b.elapsedMs);
    return { lines, leftOutFromMs: this.#leftOutFromMs };
  }

  #take({ text, elapsedMs }: ScreenLine): void {
    const line = text.trimEnd();
    if (line === '' || this.#isRepetition(line, elapsedMs)) return;
    for (const piece of piecesOf(line)) {
      if (this.#hasRoom(piece.length, elapsedMs)) {
        this.#lines.push({ elapsedMs: Math.ceil(elapsedMs), text: piece });
        this.#characters += piece.length;
      } else {
        this.leaveOut(elapsedMs);
      }
    }
  }

  #isRepetition(line: string, elapsedMs: number): boolean {
    const lastMs = this.#seen.get(line);
    this.#seen.set(line, Math.max(elapsedMs, lastMs ?? elapsedMs));
    return lastMs !== undefined && elapsedMs - lastMs < repeatMs;
  }

  #hasRoom(length: number, elapsedMs: number): boolean {
    const { lines, characters, perMinute } = textLimits;
    if (this.#lines.length >= lines || this.#characters + length > characters) return false;
    if (this.#lines.length < lines / 2 && this.#characters + length <= characters / 2) return true;
    const number = Math.floor(elapsedMs / 60_000);
    // Never back to a minute whose share was taken.
    if (number > this.#minute.number) this.#minute = { number, lines: 0, characters: 0 };
    this.#minute.lines += 1;
    this.#minute.characters += length;
    return this.#minute.lines <= perMinute.lines && this.#minute.characters <= perMinute.characters;
  }
}

function* piecesOf(line: string): Generator<string> {
  for (let from = 0; from < line.length; ) {
    let to = Math.min(line.length, from + textLimits.lineLength);
    // Not within a pair of surrogates.
    if (to < line.length && (line.charCodeAt(to - 1) & 0xfc00) === 0xd800) to -= 1;
    // A copy: a slice would keep all of the line in memory.
    yield from === 0 && to === line.length ? line : Buffer.from(line.slice(from, to)).toString();
    from = to;
  }
}
