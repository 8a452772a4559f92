/*
 * Tables come from spreadsheets of every kind, and from whoever wants to do harm with one: each is read as its author saw
 * it, or refused with the line and what to do; and what is written never runs as a formula where it is opened.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv, withoutApostrophe, writeCsv } from './csv.ts';

const limits = { rows: 100, cellLength: 1000, cells: 20 };
const read = (text: string) => readCsv(text, limits);
const cells = (text: string) => {
  const csv = read(text);
  return csv.ok ? csv.rows.map((row) => row.cells) : csv.problem;
};

describe('reading', () => {
  test.each([
    [
      'plain',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a byte order mark and CRLF',
      '\ufeffa,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'old Macs',
      'a,b\rc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'semicolons',
      'a;b\n1,5;d',
      [
        ['a', 'b'],
        ['1,5', 'd'],
      ],
    ],
    [
      'tabs',
      'a\tb\nc\td',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a quoted first line with the other delimiter in it',
      '"a,x,y";b\nc;d',
      [
        ['a,x,y', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'quotes, doubled quotes, delimiters and line ends in cells',
      '"a ""b"", c","d\r\ne"\nf,g',
      [
        ['a "b", c', 'd\r\ne'],
        ['f', 'g'],
      ],
    ],
    [
      'empty cells, also the last',
      'a,,\n,b,',
      [
        ['a', '', ''],
        ['', 'b', ''],
      ],
    ],
    ['an empty quoted cell', '"",x', [['', 'x']]],
    [
      'empty lines and lines of empty cells',
      'a,b\n\n,\n  ,  \r\n\r\nc,d\n\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['one cell', 'a', [['a']]],
    ['nothing', '', []],
    ['a byte order mark alone', '\ufeff', []],
    ['spaces around cells as they are', ' a , b ', [[' a ', ' b ']]],
  ])('%s', (_, text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  test('tells where each row begins in the file, also after cells of several lines', () => {
    const csv = read('a,b\n"1\n2\r\n3",x\n\ny,z');
    expect(csv.ok && csv.rows.map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  test.each([
    ['a quotation mark that is never closed', 'a,b\nc,"d\ne,f', 2, 'never closed'],
    ['one inside a cell', 'a\nb"c', 2, 'inside a cell'],
    ['something after a quoted cell', 'a\nb\n"c"d', 3, 'follows a closing'],
    ['a cell that is too long', `a\n${'x'.repeat(1001)}`, 2, 'more than 1000'],
    ['too many cells', `a\n${','.repeat(20)}`, 2, 'more than 20'],
    ['too many lines', 'a\n'.repeat(101), 101, 'more than 100'],
  ])('%s is refused with its line', (_, text, line, says) => {
    expect(read(text)).toEqual({ ok: false, line, problem: expect.stringContaining(says) });
  });

  test('whatever comes is read or refused, at once', () => {
    const noise = fc
      .array(fc.constantFrom('"', ',', ';', '\t', '\r', '\n', 'a', '\ufeff', '\0', '\ud83d', '='))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (text) => {
        const csv = read(text);
        expect(csv.ok ? csv.rows.length : csv.line).toBeGreaterThanOrEqual(csv.ok ? 0 : 1);
      }),
      { numRuns: 2000 },
    );
  });

  test('two million quotation marks take no time', () => {
    const started = performance.now();
    read(`"${'"'.repeat(2_000_000)}`);
    readCsv(`${'a,'.repeat(1_000_000)}`, { ...limits, cells: 2_000_000 });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('writing', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '|calc', '%x', '\t=1', ' =1', '=HYPERLINK("http://evil","x")'])(
    '%j does not open as a formula, and is read back as it was',
    (cell) => {
      const text = writeCsv([['name'], [cell]]);
      const [, [shown = ''] = []] = cells(text) as string[][];
      expect(shown.startsWith("'")).toBe(true);
      expect(withoutApostrophe(shown)).toBe(cell);
    },
  );

  test.each(['a;=1+1', 'a; +1', 'two\n=1+1', 'a\t@SUM(A1)', '=1;=2', 'x;\n-1'])(
    '%j does not either where semicolons, tabs or ends of lines are taken for those of cells',
    (cell) => {
      const text = writeCsv([['name'], ['first', cell]]);
      expect(text.split(/[;\t\r\n]/).filter((each) => /^\s*[=+\-@|%]/.test(each))).toEqual([]);
      expect(withoutApostrophe(cells(text)?.[1]?.[1] ?? '')).toBe(cell);
    },
  );

  test('what begins with an apostrophe of its own keeps it', () => {
    expect(withoutApostrophe("'tis")).toBe("'tis");
    expect(cells(writeCsv([["'tis"]]))).toEqual([["'tis"]]);
  });

  test('whatever cells there are, they come back', () => {
    const hostile = fc.array(fc.constantFrom(...'=+-\'; \t\n\r,a"')).map((parts) => parts.join(''));
    const cell = fc.oneof(fc.string({ maxLength: 50 }), hostile);
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 20 }), (rows) => {
        const all = [['name', 'server'], ...rows.map(([name, server]) => [`x${name}`, server ?? ''])];
        const csv = readCsv(writeCsv(all), limits);
        expect(csv.ok && csv.rows.map((row) => row.cells.map(withoutApostrophe))).toEqual(all);
      }),
    );
  });
});
