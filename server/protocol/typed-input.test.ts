// Contract: keys count as typed, whatever they send; what a terminal, its mouse or its focus says by itself does not,
// so that no host keeps an idle session open by asking its terminal questions.
import { describe, expect, test } from 'vitest';
import { isTyped } from './typed-input.ts';

const typed = (text: string) => isTyped(Uint8Array.from(text, (character) => character.charCodeAt(0)));

describe('typed', () => {
  test.each([
    ['a letter', 'a'],
    ['Enter', '\r'],
    ['Control C', '\x03'],
    ['Escape', '\x1b'],
    ['Alt and a letter', '\x1bf'],
    ['an arrow', '\x1b[A'],
    ['an arrow for a program', '\x1bOA'],
    ['Control and an arrow', '\x1b[1;5C'],
    ['Shift Tab', '\x1b[Z'],
    ['Delete', '\x1b[3~'],
    ['F1', '\x1bOP'],
    ['F5', '\x1b[15~'],
    ['Home and End', '\x1b[H\x1b[F'],
    ['a letter of two bytes', '\xc3\xa4'],
    ['a letter behind a report', '\x1b[24;80Rx'],
  ])('%s', (_, text) => expect(typed(text)).toBe(true));
});

describe('not typed', () => {
  test.each([
    ['nothing', ''],
    ['where the cursor is', '\x1b[24;80R'],
    ['where it is, by its other name', '\x1b[?24;80R'],
    ['that the terminal is well', '\x1b[0n'],
    ['what the terminal can do', '\x1b[?1;2c'],
    ['what version it is', '\x1b[>0;276;0c'],
    ['a mode', '\x1b[?2026;2$y'],
    ['the size of the window', '\x1b[8;24;80t'],
    ['focus', '\x1b[I'],
    ['no focus', '\x1b[O'],
    ['the mouse', '\x1b[<35;10;20M'],
    ['a button let go', '\x1b[<0;10;20m'],
    ['the mouse, as of old', '\x1b[M !!'],
    ['the mouse, as urxvt says it', '\x1b[35;10;20M'],
    ['a setting', '\x1bP1$r0m\x1b\\'],
    ['a color', '\x1b]11;rgb:0000/0000/0000\x07'],
    ['a color, ended otherwise', '\x1b]11;rgb:0000/0000/0000\x1b\\'],
    ['several at once', '\x1b[1;1R\x1b[1;1R\x1b[?1;2c'],
  ])('%s', (_, text) => expect(typed(text)).toBe(false));
});
