/**
 * The contract, after asciinema's description of asciicast v2: a header line with version, width and height; then lines
 * `[seconds, code, data]` with times that never go back and data that is text. However the output was cut, put together
 * it is the text of the whole.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsciicastLines, formatAsciicastHeader } from './asciicast.ts';

const parsed = (lines: string) =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as [number, string, string]);
const event = (elapsedMs: number) => ({ at: '2026-03-01T10:00:00Z', elapsedMs, offset: 0 });
const bytes = (text: string) => new TextEncoder().encode(text);

describe('the header', () => {
  it('has what is required, and when and what it was', () => {
    const line = formatAsciicastHeader({
      columns: 80,
      rows: 24,
      startedAt: '2026-03-01T10:00:00.900Z',
      title: 'Ada on "web"',
    });
    expect(JSON.parse(line)).toEqual({
      version: 2,
      width: 80,
      height: 24,
      timestamp: 1_772_359_200,
      title: 'Ada on "web"',
      env: { TERM: 'xterm-256color' },
    });
    expect(line.match(/\n/g)).toHaveLength(1);
  });

  it('leaves out what nobody knows', () => {
    expect(JSON.parse(formatAsciicastHeader({ columns: 1, rows: 1, startedAt: 'whenever' }))).toEqual({
      version: 2,
      width: 1,
      height: 1,
      env: { TERM: 'xterm-256color' },
    });
  });
});

describe('the lines', () => {
  it('are one event each, with its code', () => {
    const lines = new AsciicastLines();
    const text =
      lines.event({
        ...event(0),
        type: 'start',
        columns: 8,
        rows: 2,
        computer: '',
        account: '',
        person: '',
        personId: '',
      }) +
      lines.output(248.848, bytes('\u001b[1mHello\r\n')) +
      lines.event({ ...event(300), type: 'resize', columns: 100, rows: 30 }) +
      lines.event({ ...event(400), type: 'input', text: 'ls\r' }) +
      lines.event({ ...event(500), type: 'policy', text: 'Five minutes left.' }) +
      lines.end();
    expect(parsed(text)).toEqual([
      [0.248848, 'o', '\u001b[1mHello\r\n'],
      [0.3, 'r', '100x30'],
      [0.4, 'i', 'ls\r'],
      [0.5, 'm', 'Five minutes left.'],
    ]);
  });

  it('never go back in time', () => {
    const lines = new AsciicastLines();
    const text = lines.output(500, bytes('a')) + lines.event({ ...event(499), type: 'input', text: 'b' });
    expect(parsed(text).map(([at]) => at)).toEqual([0.5, 0.5]);
  });

  it('carry a character that was cut to where it ends', () => {
    const lines = new AsciicastLines();
    const crab = bytes('🦀');
    expect(lines.output(1, crab.subarray(0, 3))).toBe('');
    expect(parsed(lines.output(2, crab.subarray(3)))).toEqual([[0.002, 'o', '🦀']]);
    lines.output(3, crab.subarray(0, 1));
    expect(parsed(lines.end())).toEqual([[0.003, 'o', '\ufffd']]);
  });

  it('keep a mark of byte order, and say where bytes were no text', () => {
    const lines = new AsciicastLines();
    expect(parsed(lines.output(0, Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff)))).toEqual([[0, 'o', '\ufeffa\ufffd']]);
  });

  it('are the text of the whole, however it was cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.array(fc.nat(9), { maxLength: 30 }),
        (text, cuts) => {
          const all = bytes(text);
          const lines = new AsciicastLines();
          let written = '';
          let at = 0;
          for (const cut of [...cuts, all.length]) {
            written += lines.output(at, all.subarray(at, at + cut));
            at += cut;
          }
          written += lines.output(at, all.subarray(at)) + lines.end();
          expect(
            parsed(written)
              .map(([, , data]) => data)
              .join(''),
          ).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(all));
        },
      ),
    );
  });
});
