/**
 * Contract: only a typed line that the host had written back exactly before Enter may be recorded. Whatever is typed
 * without echo, or cannot be told from it, is not.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EchoedInput } from './echoed-input.ts';

type Step = ['key' | 'host', string];

function linesOf(steps: Step[]): string[] {
  const lines: string[] = [];
  const input = new EchoedInput((text) => lines.push(text));
  for (const [who, text] of steps) {
    if (who === 'key') input.typed(Buffer.from(text));
    else input.seen(Buffer.from(text));
  }
  return lines;
}

const echoed = (text: string): Step[] =>
  [...text].flatMap((key): Step[] => [
    ['key', key],
    ['host', key],
  ]);

it('keeps what was echoed', () => {
  expect(linesOf([...echoed('ls -l'), ['key', '\r'], ['host', '\r\nfile\r\n$ ']])).toEqual(['ls -l']);
  expect(linesOf([...echoed('zażółć 🚪'), ['key', '\r']])).toEqual(['zażółć 🚪']);
  expect(
    linesOf([
      ['key', 'ls'],
      ['host', 'ls'],
      ['key', '\n'],
    ]),
  ).toEqual(['ls']);
});

it.each<[string, Step[]]>([
  [
    'a password without echo',
    [
      ['host', 'Password: '],
      ['key', 's'],
      ['key', 'e'],
      ['key', '\r'],
      ['host', '\r\n'],
    ],
  ],
  [
    'a password shown as stars',
    [
      ['key', 's'],
      ['host', '*'],
      ['key', 'e'],
      ['host', '*'],
      ['key', '\r'],
    ],
  ],
  [
    'a password echoed only afterwards',
    [
      ['key', 'se'],
      ['key', '\r'],
      ['host', 'se\r\n'],
    ],
  ],
  [
    'a half echo',
    [
      ['key', 'se'],
      ['host', 's'],
      ['key', '\r'],
    ],
  ],
  [
    'more than was typed',
    [
      ['key', 's'],
      ['host', 's!'],
      ['key', '\r'],
    ],
  ],
  ['output in the middle', [...echoed('l'), ['host', 'beep'], ...echoed('s'), ['key', '\r']]],
  ['a line with completion', [...echoed('ls /et'), ['key', '\t'], ['host', 'c/'], ['key', '\r']]],
  ['a line with backspace', [...echoed('lx'), ['key', '\x7f'], ['host', '\b \b'], ...echoed('s'), ['key', '\r']]],
  [
    'an arrow key',
    [
      ['key', '\x1b[A'],
      ['host', 'ls'],
      ['key', '\r'],
    ],
  ],
  ['nothing', [['key', '\r']]],
])('leaves out %s', (_, steps) => {
  expect(linesOf(steps)).toEqual([]);
});

it('starts anew with every line', () => {
  const steps: Step[] = [['key', 'secret'], ['key', '\r'], ['host', '\r\n$ '], ...echoed('id'), ['key', '\r']];
  expect(linesOf(steps)).toEqual(['id']);
});

it('never keeps a line that got no echo at all, whatever the host wrote before', () => {
  const printable = fc.stringMatching(/^[ -~]{1,20}$/);
  fc.assert(
    fc.property(printable, printable, (secret, before) => {
      expect(
        linesOf([
          ['host', before],
          ['key', secret],
          ['key', '\r'],
          ['host', `\r\n${secret}`],
        ]),
      ).toEqual([]);
    }),
  );
});

it('does not grow without end', () => {
  expect(linesOf([...echoed('x'.repeat(5_000)), ['key', '\r'], ...echoed('ok'), ['key', '\r']])).toEqual(['ok']);
});
