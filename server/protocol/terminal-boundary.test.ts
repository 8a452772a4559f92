/**
 * Where the scanner says that nothing is half read, a terminal is between sequences and characters: xterm.js says the
 * same of itself. It may say so too seldom, never too often, and it says so after every plain character.
 */
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBoundaryScanner } from './terminal-boundary.ts';

function groundOf(text: string | Uint8Array): number {
  const scanner = createBoundaryScanner();
  scanner.push(typeof text === 'string' ? Buffer.from(text) : text);
  expect(scanner.offset).toBe(typeof text === 'string' ? Buffer.byteLength(text) : text.length);
  return scanner.groundOffset;
}

describe('the last boundary', () => {
  test.each([
    ['nothing', '', 0],
    ['plain text', 'hello', 5],
    ['after a whole sequence', 'a\x1b[31mb', 7],
    ['within a control sequence', 'ab\x1b[3', 2],
    ['within an escape', 'ab\x1b', 2],
    ['within a designation', 'ab\x1b(', 2],
    ['after a designation', 'ab\x1b(0', 5],
    ['within a title', 'ab\x1b]2;tit', 2],
    ['after a title that BEL ends', 'ab\x1b]2;t\x07', 8],
    ['after a title that ST ends', 'ab\x1b]2;t\x1b\\', 9],
    ['within a string that only ST ends', 'ab\x1bPq\x07text', 2],
    ['after such a string', 'a\x1bPq\x1b\\', 6],
    ['a privacy message', 'a\x1b^secret', 1],
    ['a sequence that was cancelled', 'ab\x1b[3\x18c', 7],
    ['a sequence in a sequence', 'ab\x1b[3\x1b[1m', 9],
    ['a line feed within a sequence', 'ab\x1b[3\nm', 7],
    ['a C1 control as a character', 'a\u009b3', 1],
    ['its end', 'a\u009b3m', 5],
    ['ST as a character', 'a\u009d2;t\u009c', 8],
  ])('%s', (_name, text, ground) => {
    expect(groundOf(text)).toBe(ground);
  });

  test('within a character', () => {
    const bytes = Buffer.from('a—b👍');
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map((end) => groundOf(bytes.subarray(0, end)))).toEqual([
      1, 1, 1, 4, 5, 5, 5, 5, 9,
    ]);
  });

  test('bytes that are no UTF-8 begin nothing', () => {
    expect(groundOf(Buffer.from([0x61, 0x80, 0xff, 0xf8, 0x62]))).toBe(5);
    expect(groundOf(Buffer.from([0xe2, 0x61]))).toBe(2);
  });

  test('is the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), (bytes, cut) => {
        const scanner = createBoundaryScanner();
        scanner.push(bytes.subarray(0, cut));
        scanner.push(bytes.subarray(cut));
        expect(scanner.groundOffset).toBe(groundOf(bytes));
      }),
    );
  });
});

type Inside = { _core: { _inputHandler: { _parser: { currentState: number } } } };

describe('a terminal', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '\x1b',
      '[',
      ']',
      'P',
      '(',
      '\\',
      '\x07',
      '\x18',
      '\u009b',
      '\u009c',
      '\u009d',
      '\u0090',
      '—',
      'm',
      '3',
      ';',
      '?',
      '$',
      ' ',
      '\n',
      '^',
      '\x7f',
      '\x9e',
    ),
    fc.stringMatching(/^[ -~]{0,4}$/),
  );

  test('is in its ground state wherever the scanner says so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 25 }), async (parts) => {
        const text = parts.join('');
        const bytes = Buffer.from(text);
        const terminal = new xterm.Terminal({ cols: 20, rows: 4, allowProposedApi: true, logLevel: 'off' });
        const upTo = bytes.subarray(0, groundOf(bytes));
        await new Promise<void>((done) => terminal.write(upTo, done));
        const { currentState } = (terminal as typeof terminal & Inside)._core._inputHandler._parser;
        terminal.dispose();
        expect(currentState, JSON.stringify(text)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
