/**
 * The classic typescript of util-linux script(1): a data file that begins with one header line, and a timing file of
 * lines `SECONDS BYTES`, which scriptreplay(1) plays. Counts are bytes, never characters.
 *
 * Two traps of scriptreplay shape the writer: fewer than six decimals are read as microseconds (`0.5` is 5 µs), and a
 * step of zero bytes aborts it.
 */
export type TimingStep = {
  /** Microseconds since the step before, or since the start. */
  delayUs: number;
  /** Bytes of output in this step; at least 1. */
  bytes: number;
};

/** A longer silence is written as one day, as guacd does; the events keep the wall clock. */
export const maxDelayUs = 86_400_000_000;

/** One line of the timing file. Throws on a step that scriptreplay could not play. */
export function formatTimingStep({ delayUs, bytes }: TimingStep): string {
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new RangeError('A timing step has at least one byte.');
  const capped = Math.min(Math.max(0, Math.round(delayUs)), maxDelayUs);
  const seconds = Math.floor(capped / 1_000_000);
  const micros = String(capped % 1_000_000).padStart(6, '0');
  return `${seconds}.${micros} ${bytes}\n`;
}

/** The first line of a data file, which players skip. Only facts that cannot hold a line break go in. */
export function formatHeader(start: { startedAt: string; sessionId: string; columns: number; rows: number }): string {
  const { startedAt, sessionId, columns, rows } = start;
  return `Script started on ${startedAt} [SESSION="${sessionId}" COLUMNS="${columns}" LINES="${rows}"]\n`;
}

/** Length in bytes of the header line with its line feed, or `undefined` while `bytes` do not hold all of it. */
export function headerLength(bytes: Uint8Array): number | undefined {
  const end = bytes.indexOf(lineFeed);
  return end < 0 ? undefined : end + 1;
}

export type TimingParser = {
  /** The steps that end in this chunk. Chunks may be cut anywhere. After damage it answers nothing more. */
  push(chunk: Uint8Array): TimingStep[];
  /** Bytes of the timing file up to the end of the last whole line. */
  readonly parsedBytes: number;
  /** True once a line was no timing line: what came before it stays good, the rest cannot be trusted. */
  readonly damaged: boolean;
};

const lineFeed = 0x0a;
const space = 0x20;
const point = 0x2e;
const maxDigits = { seconds: 6, micros: 6, bytes: 15 };

/**
 * Reads a timing file piece by piece in constant memory, in a browser as on the server. Strict: exactly what
 * `formatTimingStep` (and script, and guacd) writes, because anything else would shift all output after it.
 */
export function createTimingParser(): TimingParser {
  const values = { seconds: 0, micros: 0, bytes: 0 };
  let field: keyof typeof values = 'seconds';
  let digits = 0;
  let consumed = 0;
  let parsedBytes = 0;
  let damaged = false;

  // Answers a step when this byte was the end of a line.
  function take(byte: number): TimingStep | undefined {
    const digit = byte - 0x30;
    if (digit >= 0 && digit <= 9 && digits < maxDigits[field]) {
      values[field] = values[field] * 10 + digit;
      digits += 1;
      return undefined;
    }
    return endField(byte);
  }

  function endField(byte: number): TimingStep | undefined {
    if (field === 'seconds' && byte === point && digits > 0) field = 'micros';
    else if (field === 'micros' && byte === space && digits === maxDigits.micros) field = 'bytes';
    else if (field === 'bytes' && byte === lineFeed && values.bytes > 0) return endLine();
    else damaged = true;
    digits = 0;
    return undefined;
  }

  function endLine(): TimingStep {
    const step = { delayUs: values.seconds * 1_000_000 + values.micros, bytes: values.bytes };
    values.seconds = values.micros = values.bytes = 0;
    parsedBytes = consumed;
    field = 'seconds';
    digits = 0;
    return step;
  }

  return {
    push(chunk) {
      const steps: TimingStep[] = [];
      for (const byte of chunk) {
        if (damaged) break;
        consumed += 1;
        const step = take(byte);
        if (step) steps.push(step);
      }
      return steps;
    },
    get parsedBytes() {
      return parsedBytes;
    },
    get damaged() {
      return damaged;
    },
  };
}
