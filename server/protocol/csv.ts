/** A line of a table, with the number of the line in the file at which it begins, from 1. */
export type CsvRow = { line: number; cells: string[] };
export type Csv = { ok: true; rows: CsvRow[] } | { ok: false; line: number; problem: string };

type Limits = { rows: number; cellLength: number; cells: number };

const delimiters = [',', ';', '\t'] as const;

/**
 * Reads a table as spreadsheets write it: RFC 4180, with a byte order mark or without, any end of line, and commas,
 * semicolons or tabs between cells, whichever occurs most in the first line. Empty lines are left out. Tells the line of
 * what cannot be read; never throws, and never looks at a character twice.
 */
export function readCsv(text: string, limits: Limits): Csv {
  const from = text.startsWith('\ufeff') ? 1 : 0;
  const reading = new Reading(text, from, delimiterOf(text, from), limits);
  while (!reading.isDone) reading.step();
  return reading.problem ? { ok: false, ...reading.problem } : { ok: true, rows: reading.rows };
}

function delimiterOf(text: string, from: number): string {
  const counts = new Map<string, number>(delimiters.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (let index = from; index < text.length; index++) {
    const char = text[index] ?? '';
    if (char === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (char === '\n' || char === '\r') break;
    if (counts.has(char)) counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  return delimiters.reduce((best, each) => ((counts.get(each) ?? 0) > (counts.get(best) ?? 0) ? each : best));
}

const ends = /[\r\n]/;

/** Where the reading of a table stands. */
class Reading {
  readonly rows: CsvRow[] = [];
  problem: { line: number; problem: string } | undefined;
  private line = 1;
  private row: CsvRow = { line: 1, cells: [] };

  constructor(
    private readonly text: string,
    private at: number,
    private readonly delimiter: string,
    private readonly limits: Limits,
  ) {}

  get isDone(): boolean {
    return this.problem !== undefined || this.at >= this.text.length;
  }

  /** Reads one cell and what follows it. */
  step(): void {
    const cell = this.text[this.at] === '"' ? this.quoted() : this.plain();
    if (cell === undefined) return;
    this.add(cell);
    if (this.text[this.at] !== this.delimiter) this.endRow();
    else {
      this.at += 1;
      if (this.at < this.text.length) return;
      // A delimiter at the very end of the text is followed by one more cell, which is empty.
      this.add('');
      this.endRow();
    }
  }

  private add(cell: string): void {
    const { cells } = this.row;
    cells.push(cell);
    if (cell.length > this.limits.cellLength) {
      this.fail(`A cell of this line has more than ${this.limits.cellLength} characters.`);
    } else if (cells.length > this.limits.cells) this.fail(`This line has more than ${this.limits.cells} cells.`);
  }

  private plain(): string | undefined {
    const start = this.at;
    while (this.at < this.text.length) {
      const char = this.text[this.at] ?? '';
      if (char === this.delimiter || ends.test(char)) break;
      if (char === '"') {
        this.fail(
          'A quotation mark stands inside a cell. Put the whole cell in quotation marks, and double those in it.',
        );
        return undefined;
      }
      this.at += 1;
    }
    return this.text.slice(start, this.at);
  }

  private quoted(): string | undefined {
    const parts: string[] = [];
    for (let start = this.at + 1; ; ) {
      const quote = this.text.indexOf('"', start);
      if (quote < 0) {
        this.fail('A quotation mark is opened here and never closed.');
        return undefined;
      }
      parts.push(this.text.slice(start, quote));
      this.at = quote + 1;
      if (this.text[this.at] !== '"') break;
      parts.push('"');
      start = this.at + 1;
    }
    const cell = parts.join('');
    this.line += cell.match(/\r\n|\r|\n/g)?.length ?? 0;
    const next = this.text[this.at];
    if (next === undefined || next === this.delimiter || ends.test(next)) return cell;
    this.fail('Something follows a closing quotation mark. Double the quotation marks inside a cell.');
    return undefined;
  }

  private endRow(): void {
    if (this.row.cells.some((cell) => cell.trim() !== '')) this.rows.push(this.row);
    if (this.rows.length > this.limits.rows) this.fail(`The file has more than ${this.limits.rows} lines.`);
    this.at += this.text.startsWith('\r\n', this.at) ? 2 : 1;
    this.line += 1;
    this.row = { line: this.line, cells: [] };
  }

  private fail(problem: string): void {
    this.problem ??= { line: this.row.line, problem };
  }
}

// Where a spreadsheet could see a formula: at the beginning of a cell, and of what it takes for one where other characters
// are expected between cells. An apostrophe that is there already counts, so that it can be told from ours.
const cellStart = /^'*\s*[=+\-@|%\t\r]/;
const splitStart = /([;\t\r\n])(?='*[^\S\t\r\n]*[=+\-@|%])/g;

/**
 * Writes a table that spreadsheets open as text: what one of them could take for a formula begins with an apostrophe, so
 * that a name that somebody chose does not run on the computer of whoever opens it.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return `\ufeff${rows.map((cells) => cells.map(cellOf).join(',')).join('\r\n')}\r\n`;
}

function cellOf(text: string): string {
  const safe = `${cellStart.test(text) ? "'" : ''}${text.replace(splitStart, "$1'")}`;
  return /[",;\t\r\n']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What `writeCsv` put into a cell is no part of it. */
export function withoutApostrophe(cell: string): string {
  const joined = cell.replace(/([;\t\r\n])'(?='*[^\S\t\r\n]*[=+\-@|%])/g, '$1');
  return joined.replace(/^'(?='*\s*[=+\-@|%\t\r])/, '');
}
