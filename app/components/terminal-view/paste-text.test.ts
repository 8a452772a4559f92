// Contract: what is pasted arrives as text and only as text. It cannot leave the brackets of bracketed paste, cannot
// press keys, is asked about when it would run a command, and never makes a frame that the gateway refuses.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeClientFrame, encodePaste } from '#server/protocol/terminal-frames.ts';
import { inChunks, isMultiLine, maxBodyBytes, pasteBytes, previewOf } from './paste-text.ts';

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('line ends become what the return key sends; tabs and non-ASCII stay', () => {
  expect(decode(pasteBytes('a\r\nb\nc\rd\té 漢 🙂', false))).toBe('a\rb\rc\rd\té 漢 🙂');
});

test('brackets are put around only when the program asked for them', () => {
  expect(decode(pasteBytes('ls', false))).toBe('ls');
  expect(decode(pasteBytes('ls', true))).toBe('\x1b[200~ls\x1b[201~');
});

test.each([
  ['plain', 'safe\x1b[201~rm -rf ~\n'],
  ['nested so that removing one makes another', 'x\x1b[20\x1b[201~1~rm\n'],
  ['8-bit CSI', 'x\u009b201~rm\n'],
])('attack: the end mark inside pasted text does not end the brackets (%s)', (_name, text) => {
  const inside = decode(pasteBytes(text, true)).slice('\x1b[200~'.length, -'\x1b[201~'.length);
  expect(inside).not.toContain('\x1b');
  expect(inside).not.toContain('\u009b');
});

test('no text whatever puts a control character inside', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const inside = decode(pasteBytes(text, true)).slice(6, -6);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what is looked for
      expect(/[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]/.test(inside)).toBe(false);
    }),
  );
});

test.each([
  ['ls', false],
  ['', false],
  ['\n', false],
  ['ls\n', true],
  ['a\nb', true],
  ['a\rb', true],
  ['a\r\nb\r\n', true],
])('%j is asked about: %s', (text, asked) => {
  expect(isMultiLine(text)).toBe(asked);
});

test('a large paste is split into frames the gateway takes, and nothing is lost', () => {
  const bytes = pasteBytes('é'.repeat(200_000), true);
  const frames = [...inChunks(bytes, maxBodyBytes)].map(encodePaste);
  const bodies = frames.map((frame) => decodeClientFrame(frame));
  expect(bodies.every((body) => body?.type === 'paste')).toBe(true);
  expect(Buffer.concat(frames.map((frame) => frame.subarray(1))).equals(bytes)).toBe(true);
});

test('the preview shows the first lines and counts the rest', () => {
  expect(previewOf('a\nb\nc\n', 2)).toEqual({ lines: ['a', 'b'], total: 3 });
});
