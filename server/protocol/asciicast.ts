import { type EventLine, markText } from './typescript-events.ts';

/** What the first line of an asciicast says. */
export type AsciicastHeader = {
  columns: number;
  rows: number;
  /** When the recording began, ISO 8601; left out when nobody knows. */
  startedAt?: string | undefined;
  title?: string | undefined;
};

/** The first line of an asciicast of version 2. */
export function formatAsciicastHeader({ columns, rows, startedAt, title }: AsciicastHeader): string {
  const startedMs = startedAt === undefined ? Number.NaN : Date.parse(startedAt);
  const header = {
    version: 2,
    width: columns,
    height: rows,
    ...(Number.isNaN(startedMs) ? {} : { timestamp: Math.floor(startedMs / 1000) }),
    ...(title === undefined ? {} : { title }),
    env: { TERM: 'xterm-256color' },
  };
  return `${JSON.stringify(header)}\n`;
}

/**
 * The lines after the first, one event each. Times never go back. Output is text in this format: a character that two
 * steps share comes with the later one, and a byte that is no UTF-8 becomes U+FFFD.
 */
export class AsciicastLines {
  readonly #text = new TextDecoder('utf-8', { ignoreBOM: true });
  #lastMs = 0;

  /** One piece of output; nothing while it only begins a character. */
  output(elapsedMs: number, bytes: Uint8Array): string {
    return this.#line(elapsedMs, 'o', this.#text.decode(bytes, { stream: true }));
  }

  /** Something besides output: a resize, recorded input, or else a marker; nothing for the start. */
  event(event: EventLine): string {
    const { elapsedMs, type } = event;
    if (type === 'start') return '';
    if (type === 'resize') return this.#line(elapsedMs, 'r', `${event.columns}x${event.rows}`);
    if (type === 'input') return this.#line(elapsedMs, 'i', event.text);
    return this.#line(elapsedMs, 'm', markText(event));
  }

  /** A character that never got its end. */
  end(): string {
    return this.#line(this.#lastMs, 'o', this.#text.decode());
  }

  #line(elapsedMs: number, code: 'o' | 'i' | 'r' | 'm', data: string): string {
    this.#lastMs = Math.max(this.#lastMs, elapsedMs);
    if (data === '') return '';
    return `[${(this.#lastMs / 1000).toFixed(6)},"${code}",${JSON.stringify(data)}]\n`;
  }
}
