// Contract: whatever a host writes stays on the screen. Shown with a real terminal (xterm's headless build, the same
// parser): no title, no clipboard, no window report; what would be typed back to the host is only the harmless replies.
import headless from '@xterm/headless';
import type { Terminal } from '@xterm/xterm';
import { expect, test } from 'vitest';
import { hardenedOptions, openableLink, swallowHostileSequences } from './hostile-output.ts';

function screen() {
  const terminal = new headless.Terminal({ ...hardenedOptions, cols: 40, rows: 5 } as never);
  swallowHostileSequences(terminal as unknown as Terminal);
  const said: string[] = [];
  const titles: string[] = [];
  terminal.onData((data) => said.push(data));
  terminal.onTitleChange((title) => titles.push(title));
  const write = (text: string) => new Promise<void>((done) => terminal.write(text, done));
  const line = (row: number) => terminal.buffer.active.getLine(row)?.translateToString(true);
  return { write, line, said, titles };
}

test('a title is not taken over', async () => {
  const { write, titles } = screen();
  await write('\x1b]0;Sign in again\x07\x1b]2;Sign in again\x1b\\');
  expect(titles).toEqual([]);
});

test('window and title reports are not answered', async () => {
  const { write, said } = screen();
  await write('\x1b]2;rm -rf ~\x07\x1b[21t\x1b[20t\x1b[14t\x1b[18t\x1b[19t');
  expect(said).toEqual([]);
});

test('the clipboard can neither be set nor asked for', async () => {
  const { write, said, line } = screen();
  await write('a\x1b]52;c;cm0gLXJmIH4=\x07b\x1b]52;c;?\x07c');
  expect(said).toEqual([]);
  expect(line(0)).toBe('abc');
});

test('the sequences are swallowed whole, also when they arrive in pieces', async () => {
  const { write, line } = screen();
  for (const piece of ['x\x1b]', '133', '7;File=inline', '=1:AAAA', '\x07y']) await write(piece);
  expect(line(0)).toBe('xy');
});

test.each(['b', 'I', 'Z', 'L', 'M', 'S', 'T'])('a tab is not kept busy by a huge number before %s', async (final) => {
  const { write, line } = screen();
  await write(`x\x1b[2147483647${final}\x1b[Hdone`);
  expect(line(0)).toBe('done');
});

test.each(['', '?'])('what is before the last corner can be erased (CSI %s1J)', async (mark) => {
  const { write, line } = screen();
  await write(`first\x1b[5;1Hlast\x1b[5;40H\x1b[${mark}1J`);
  expect([line(0), line(4)]).toEqual(['', '']);
  await write('\x1b[Hdone');
  expect(line(0)).toBe('done');
});

test('usual repetitions are carried out', async () => {
  const { write, line } = screen();
  await write('x\x1b[4by\r\n\x1b[2L');
  expect(line(0)).toBe('xxxxxy');
});

test.each([
  ['https://example.test/a?b#c', true],
  ['http://10.0.0.1:8080', true],
  ['javascript:alert(1)', false],
  ['JaVaScRiPt:alert(1)', false],
  ['data:text/html,x', false],
  ['file:///etc/passwd', false],
  ['https://bank.test@evil.test/', false],
  ['not a link', false],
])('%s may be opened: %s', (text, openable) => {
  expect(openableLink(text) !== undefined).toBe(openable);
});
