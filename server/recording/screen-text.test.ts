/**
 * The contract: every text that stood on a screen is read once it is whole and before it is lost, however it is lost:
 * scrolled off, written over, erased, on a screen that is left. What is not lost is read at the end. Rows into which a
 * line was wrapped are one line, and its moment is the one at which the last of it was written.
 */
import { describe, expect, it } from 'vitest';
import { ScreenModel } from './screen-model.ts';
import { type ScreenLine, ScreenText } from './screen-text.ts';

type Screen = ScreenModel & { readonly text: ScreenText; readonly read: ScreenLine[] };

function aScreen(size = { columns: 20, rows: 5 }): Screen {
  const model = new ScreenModel(size, { scrollback: 10 });
  const read: ScreenLine[] = [];
  return Object.assign(model, {
    text: new ScreenText(model.terminal, {
      push: (line) => read.push(line),
      leaveOut: () => undefined,
      costOfCharacter: 1,
    }),
    read,
  });
}

const write = (screen: Screen, text: string) => screen.writeNow(Buffer.from(text));

function readAll(output: string, size?: { columns: number; rows: number }): string[] {
  const screen = aScreen(size);
  write(screen, output);
  screen.text.flush();
  return screen.read.map(({ text }) => text);
}

describe('a line is read', () => {
  it.each<[string, string, string[]]>([
    ['at the end, where it still stands', 'one\r\ntwo', ['one', 'two']],
    ['when it scrolls off', '1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7', ['1', '2', '3', '4', '5', '6', '7']],
    ['when it scrolls off a part of the screen', '\x1b[2;3r\x1b[2;1Ha\r\nb\r\nc\r\nd', ['a', 'b', 'c', 'd']],
    ['when it is written over', 'plan\rXXXX', ['plan', 'XXXX']],
    ['when a part of it is written over', 'one two\x1b[1;5HTWO', ['one two', 'one TWO']],
    ['when the line is erased', 'gone\x1b[2Kx', ['gone', '    x']],
    ['when the line is erased from the cursor', 'gone\r\x1b[Kx', ['gone', 'x']],
    ['when the screen is erased', 'one\r\ntwo\x1b[2J\x1b[Hx', ['one', 'two', 'x']],
    ['when the screen is erased below', 'one\r\ntwo\x1b[H\x1b[Jx', ['one', 'two', 'x']],
    ['when the screen is erased above', 'one\r\ntwo\r\nend\x1b[1J', ['one', 'two', 'end']],
    ['when characters of it are erased', 'one two\x1b[1;1H\x1b[3X', ['one two']],
    ['when characters of it are deleted', 'one two\x1b[1;1H\x1b[4P', ['one two']],
    ['when it is pushed off to the right', 'nineteen characters\x1b[1;1H\x1b[9@', ['nineteen characters']],
    [
      'when it is pushed off by typing',
      'nineteen characters\x1b[1;1H\x1b[4hfar',
      ['nineteen characters', 'farnineteen characte'],
    ],
    ['when lines are inserted', '1\r\n2\r\n3\r\n4\r\n5\x1b[H\x1b[4L', ['1', '2', '3', '4', '5']],
    ['when lines are deleted', '1\r\n2\x1b[H\x1b[M', ['1', '2']],
    ['when the screen is scrolled up', '1\r\n2\x1b[S', ['1', '2']],
    ['when the screen is scrolled down', '1\r\n2\r\n3\r\n4\r\n5\x1b[2T', ['1', '2', '3', '4', '5']],
    ['when the top is pushed down', '1\r\n2\r\n3\r\n4\r\n5\x1b[H\x1bM\x1bM', ['1', '2', '3', '4', '5']],
    ['when another screen comes', 'shell\x1b[?1049h\x1b[Heditor\x1b[?1049l', ['shell', 'editor']],
    ['when another screen of the old kind comes', 'shell\x1b[?47h\x1b[Heditor\x1b[?47l', ['shell', 'editor']],
    ['when the terminal is reset', 'before\x1bcafter', ['before', 'after']],
    ['when the screen is tested', 'before\x1b#8', ['before']],
    ['when a repeated character covers it', 'x\r\nabcdef\x1b[1;1H-\x1b[2;1H=\x1b[5b', ['x', 'abcdef', '-', '======']],
  ])('%s', (_, output, lines) => {
    expect(readAll(output)).toEqual(lines);
  });

  it('as one, where it was wrapped', () => {
    const long = 'a line that is longer than one row of the screen';
    expect(readAll(`${long}\r\nnext`)).toEqual([long, 'next']);
    expect(readAll(`漢字かな漢字かな漢字かな漢字\r\nnext`)).toEqual(['漢字かな漢字かな漢字かな漢字', 'next']);
  });

  it('in pieces without loss, where it is longer than the screen', () => {
    const long = Array.from({ length: 400 }, (_, n) => `word${n}`).join('');
    expect(readAll(`${long}\r\nnext`).join('')).toBe(`${long}next`);
    expect(readAll(`\x1b[?1049h${long}\r\nnext`).join('')).toBe(`${long}next`);
  });

  it('once, however often it is asked for, and once more when there is more in it', () => {
    const screen = aScreen();
    write(screen, 'one');
    screen.text.flush();
    screen.text.flush();
    write(screen, '\x1b[K two');
    screen.text.flush();
    expect(screen.read.map(({ text }) => text)).toEqual(['one', 'one two']);
  });

  it('whole, although it was typed key by key', () => {
    const screen = aScreen();
    for (const key of '$ ls -la') write(screen, key);
    write(screen, '\r\n');
    screen.text.flush();
    expect(screen.read.map(({ text }) => text)).toEqual(['$ ls -la']);
  });

  it('whole, although its parts were drawn one by one over what stood there', () => {
    const screen = aScreen();
    for (const load of ['10', '20', '30']) {
      write(screen, `\x1b[2;1Hcpu \x1b[1m${load}\x1b[m %\x1b[K\x1b[3;1Hmem\x1b[3;9H${load} MB\x1b[K`);
    }
    screen.text.flush();
    const rows = ['10', '20', '30'].flatMap((load) => [`cpu ${load} %`, `mem     ${load} MB`]);
    expect(screen.read.map(({ text }) => text).sort()).toEqual(rows.sort());
  });
});

describe('a line has', () => {
  it('the moment at which the last of it was written', () => {
    const screen = aScreen();
    const steps: [number, string][] = [
      [100, '$ l'],
      [200, 's'],
      [300, '\r\nout'],
      [400, '\r\n'],
      [900, '\x1b[2J'],
    ];
    for (const [ms, text] of steps) {
      screen.text.nowMs = ms;
      write(screen, text);
    }
    expect(screen.read).toEqual([
      { text: '$ ls', elapsedMs: 200, isFull: false },
      { text: 'out', elapsedMs: 300, isFull: false },
    ]);
  });

  it('a mark where it fills its row', () => {
    const screen = aScreen({ columns: 4, rows: 3 });
    write(screen, 'abcd\r\nabc\r\n漢字');
    screen.text.flush();
    expect(screen.read.map(({ isFull }) => isFull)).toEqual([true, false, true]);
  });
});

/** Numbers that look random, and are the same each time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const moves = (pick: (below: number) => number) =>
  [
    '\r',
    '\r\n',
    '\n\n\n',
    `\x1b[${1 + pick(6)};${1 + pick(22)}H`,
    `\x1b[${pick(3)}J`,
    `\x1b[${pick(3)}K`,
    `\x1b[${1 + pick(9)}X`,
    `\x1b[${1 + pick(9)}P`,
    `\x1b[${1 + pick(9)}@`,
    `\x1b[${1 + pick(3)}L`,
    `\x1b[${1 + pick(3)}M`,
    `\x1b[${1 + pick(3)}S`,
    `\x1b[${1 + pick(3)}T`,
    '\x1bM',
    '\x1bD',
    '\b\b',
    `\x1b[${1 + pick(3)};${3 + pick(3)}r`,
    '\x1b[r',
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b[4h',
    '\x1b[4l',
    '\x1b[?7l',
    '\x1b[?7h',
    `\x1b[${1 + pick(30)}b`,
    '\x1bc',
    '\x1b[31m',
  ][pick(27)] ?? '';

describe('attack: whatever a host draws,', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))('no word escapes (%d)', (seed) => {
    const pick = randomFrom(seed * 7919);
    const screen = aScreen();
    const stood: string[] = [];
    for (let n = 0; n < 300; n += 1) {
      const word = `<${n.toString(36)}${pick(4) === 0 ? '漢字' : 'word'}>`;
      const drawn = `${word}${'.'.repeat(pick(3) === 0 ? pick(60) : 0)}`;
      const cut = pick(drawn.length);
      write(screen, moves(pick) + drawn.slice(0, cut));
      write(screen, drawn.slice(cut));
      if (shows(screen, word)) stood.push(word);
    }
    screen.text.flush();
    const read = screen.read.map(({ text }) => text);
    expect(stood.length).toBeGreaterThan(100);
    expect(stood.filter((word) => !read.some((text) => text.includes(word)))).toEqual([]);
  });
});

/** Whether the word stands in a row of the screen as it is now. */
function shows({ terminal }: ScreenModel, word: string): boolean {
  const { active } = terminal.buffer;
  const rows = Array.from({ length: terminal.rows }, (_, y) => active.getLine(active.baseY + y));
  return rows.some((row) => row?.translateToString(true).includes(word));
}

describe('attack: few bytes that have a whole screen read', () => {
  it('have a few characters read for each, and what was not read is told', () => {
    const size = { columns: 400, rows: 100 };
    const model = new ScreenModel(size, { scrollback: 10 });
    let characters = 0;
    const leftOut: number[] = [];
    const text = new ScreenText(model.terminal, {
      push: (line) => (characters += line.text.length),
      leaveOut: (ms) => leftOut.push(ms),
      costOfCharacter: 1,
    });
    const attack = Buffer.from(`${'='.repeat(size.columns * size.rows)}${'\bx\by'.repeat(5_000)}`);
    text.nowMs = 7;
    text.expect(attack.length);
    model.writeNow(attack);
    expect(characters).toBeLessThan(5_000_000);
    expect(leftOut[0]).toBe(7);
    model.dispose();
  });

  it('are no reason to leave out what a person does in ten hours of it', () => {
    const model = new ScreenModel({ columns: 200, rows: 50 }, { scrollback: 10 });
    const leftOut: number[] = [];
    const taker = { push: () => undefined, leaveOut: (ms: number) => leftOut.push(ms), costOfCharacter: 1 };
    const text = new ScreenText(model.terminal, taker);
    const key = Buffer.from('\x1b[1@x');
    model.writeNow(Buffer.from(`${'long command '.repeat(15)}\r`));
    for (let n = 0; n < 36_000; n += 1) {
      text.nowMs = n * 100;
      text.expect(key.length);
      model.writeNow(key);
    }
    expect(leftOut).toEqual([]);
    model.dispose();
  });
});
