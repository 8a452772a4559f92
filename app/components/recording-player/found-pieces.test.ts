// Contract: what was searched for is marked wherever it stands in a line, in any case and character by character; a line
// that is too long to read is cut around the first place, and says so.
import { expect, test } from 'vitest';
import { foundPieces } from './found-pieces.ts';

const marked = (line: string, text: string) =>
  foundPieces(line, text)
    .map(({ piece, isFound }) => (isFound ? `[${piece}]` : piece))
    .join('');

test.each([
  ['$ sudo rm -rf /', 'RM -RF', '$ sudo [rm -rf] /'],
  ['one two one', 'one', '[one] two [one]'],
  ['a.b axb', 'a.b', '[a.b] axb'],
  ['100% (of) [it]', '(of) [', '100% [(of) []it]'],
  ['nothing here', 'else', 'nothing here'],
  ['nothing here', '', 'nothing here'],
  ['ÄPFEL äpfel', 'äpfel', '[ÄPFEL] [äpfel]'],
])('in “%s”, “%s”', (line, text, expected) => {
  expect(marked(line, text)).toBe(expected);
});

test('a long line is cut around the first place', () => {
  const cut = marked(`${'a'.repeat(1000)}here${'b'.repeat(1000)}`, 'here');
  expect(cut).toMatch(/^…a{120}\[here\]b{396}…$/);
});

test('what was searched for is whole, however long it is', () => {
  const text = 'x'.repeat(600);
  expect(marked(`${text}!`, text)).toContain(`[${text}]`);
});
