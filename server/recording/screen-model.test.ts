/**
 * A screen that is restored is the very same screen: whatever a terminal was told before, a new one that reads the
 * restore sequence shows the same, and goes on to show the same whatever comes afterwards. Cells with all their
 * attributes, history, wrapped lines, both buffers, cursor and saved cursor, margins, tabs, character sets, modes.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScreenModel, type ScreenSize } from './screen-model.ts';
import { hasNoSequence, stateOf } from './testing/screen-state.ts';

const usual: ScreenSize = { columns: 20, rows: 6 };

async function restored(from: ScreenModel, { columns, rows }: ScreenSize): Promise<ScreenModel> {
  const model = new ScreenModel({ columns, rows });
  await model.write(from.restoreBytes());
  return model;
}

async function expectSame(before: string, after: string, size: ScreenSize = usual): Promise<void> {
  const live = new ScreenModel(size);
  await live.write(Buffer.from(before));
  if (hasNoSequence(live)) return;
  const copy = await restored(live, size);
  const says = JSON.stringify(new TextDecoder().decode(live.restoreBytes()));
  expect(stateOf(copy), `right after it was restored by ${says}`).toEqual(stateOf(live));
  await Promise.all([live.write(Buffer.from(after)), copy.write(Buffer.from(after))]);
  expect(stateOf(copy), `after further output, restored by ${says}`).toEqual(stateOf(live));
  live.dispose();
  copy.dispose();
}

const further = 'go on\r\n\x1b[2;3Hhere\x1b8there\x1b[K\n\n\n\n\n\nend';

describe('one thing at a time', () => {
  test.each([
    ['nothing at all', ''],
    ['plain text', 'hello\r\nworld'],
    ['history', Array.from({ length: 30 }, (_, i) => `line ${i}\r\n`).join('')],
    ['a line that wraps', `${'x'.repeat(45)}y`],
    ['a line that wraps after cells that were erased', `${'x'.repeat(25)}\x1b[A\x1b[5G\x1b[4X\x1b[B`],
    ['a cursor that waits to wrap', 'x'.repeat(20)],
    ['a cursor that waits to wrap, with another pen since', `${'x'.repeat(20)}\x1b[31m`],
    ['a cursor that was pushed on while it waits', `${'x'.repeat(20)}\x1b7\u200b\u200b`],
    ['a wide character that did not fit', `${'x'.repeat(19)}漢字`],
    ['wide and combining characters', '漢字 e\u0301 👍 a\u0300\u0301'],
    ['half a wide character written over', '漢字\x1b[2Gx'],
    ['colours and flags', '\x1b[1;3;4;38;5;200;48;2;1;2;3mall\x1b[0;7;9;53;92;105mof\x1b[2;5;8mthem'],
    ['underlines', '\x1b[4:3;58:2::1:2:3mcurly\x1b[0;4:2mdouble\x1b[58:5:9mred\x1b[21mtwo'],
    ['erased cells with a background', '\x1b[44m\x1b[2J\x1b[3;4H\x1b[41m\x1b[5X'],
    ['a background that scrolled in', '\x1b[42m1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7'],
    ['a saved cursor', '\x1b[3;5H\x1b[31m\x1b7\x1b[H\x1b[0m'],
    ['a saved cursor that scrolled away', '\x1b[2;5H\x1b7\x1b[6;1H\n\n\n\n'],
    ['a saved character set', '\x1b(0\x1b7\x1b(B'],
    ['margins', '\x1b[2;4r\x1b[2;1Ha\r\nb\r\nc\r\nd'],
    ['origin mode within margins', '\x1b[2;5r\x1b[?6h\x1b[2;3Hx'],
    ['insert mode', 'abc\x1b[4h\x1b[1;2H'],
    ['no wrapping', `\x1b[?7l${'x'.repeat(25)}`],
    ['tab stops', '\x1b[3g\x1b[5G\x1bH\x1b[11G\x1bH\r'],
    ['line drawing', '\x1b(0lqqk\x1b)0\x0e'],
    ['G2 and G3', '\x1b*A\x1b+0\x1bo'],
    ['the alternate screen', 'before\r\n\x1b[?1049h\x1b[2;2Hinside\x1b[31m'],
    ['the alternate screen with margins and a saved cursor', 'a\x1b7\x1b[?1049h\x1b[2;4r\x1b[3;3H\x1b7\x1b[H'],
    ['what the alternate screen remembers when it was left', '\x1b[?1049h\x1b[3;3H\x1b[32m\x1b7\x1b[?1049lback'],
    ['a mouse', '\x1b[?1003h\x1b[?1006h'],
    ['a mouse in pixels', '\x1b[?1002h\x1b[?1016h'],
    ['modes of the keyboard', '\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[?45h'],
    ['a hidden cursor of another form', '\x1b[?25l\x1b[4 q'],
    ['new line mode', '\x1b[20h'],
    ['protected cells', '\x1b[1"qkept\x1b[0"q gone'],
    ['links', '\x1b]8;id=a;https://example.org/\x1b\\link\x1b]8;;\x1b\\ \x1b]8;;https://example.com\x1b\\other'],
    ['a colour for underlines that come later', '\x1b[58;5;9mnone'],
    ['a pen within a link', '\x1b]8;;https://example.org/\x1b\\link'],
  ])('%s', async (_name, before) => {
    await expectSame(before, further);
  });

  test('a character that is to be repeated', async () => {
    await expectSame('ab', '\x1b[5b|');
    await expectSame('漢', '\x1b[3b|');
    await expectSame(`${'x'.repeat(20)}`, '\x1b[3b|');
    await expectSame('\x1b(0q', '\x1b[3bq');
    await expectSame('\x1b[9mstruck', '\x1b[3b');
  });

  test('erasing what is not protected', async () => {
    await expectSame('\x1b[1"qkept\x1b[0"q gone', '\x1b[?2J');
  });

  test('the end of the alternate screen', async () => {
    await expectSame('one\r\ntwo\x1b[?1049hvim', '\x1b[?1049l three');
  });

  test('another size of both screens while the alternate one is shown', async () => {
    const before = 'one\r\ntwo\x1b[2;2H\x1b[?1049h\x1b[5;5Hinside\x1b[6;10H';
    await expectSame(before, '');
    const live = new ScreenModel(usual);
    await live.write(Buffer.from(before));
    const copy = await restored(live, usual);
    for (const model of [live, copy]) {
      model.resize({ columns: 14, rows: 3 });
      await model.write(Buffer.from('\x1b[?1049lback'));
    }
    expect(stateOf(copy)).toEqual(stateOf(live));
  });

  test('a screen of one line', async () => {
    await expectSame('x'.repeat(50), 'more', { columns: 20, rows: 1 });
  });
});

test('a link that is longer than any real one makes no screen longer', async () => {
  const model = new ScreenModel(usual);
  const bomb = `\x1b]8;;https://example.org/${'x'.repeat(60_000)}\x1b\\`;
  await model.write(Buffer.from(bomb + 'y\r\n'.repeat(3000)));
  expect(model.restoreBytes().length).toBeLessThan(200_000);
  model.dispose();
});

const number = fc.integer({ min: 0, max: 24 });
const sequence = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[ -~]{1,30}$/) },
  { weight: 2, arbitrary: fc.constantFrom('漢字', 'e\u0301', '👍', '─', 'ß', '\u200b') },
  { weight: 4, arbitrary: fc.constantFrom('\r\n', '\n', '\r', '\b', '\t', '\x0e', '\x0f') },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...'ABCDEFGHIJKLMPSTXZ@`adefb'), number, number)
      .map(([final, a, b]) => `\x1b[${a};${b}${final}`),
  },
  {
    weight: 4,
    arbitrary: fc.array(fc.integer({ min: 0, max: 107 }), { maxLength: 3 }).map((sgr) => `\x1b[${sgr.join(';')}m`),
  },
  { weight: 1, arbitrary: number.map((n) => `\x1b[38;5;${n};48;2;${n};9;200m`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(1, 6, 7, 25, 45, 47, 66, 1000, 1003, 1004, 1006, 1047, 1048, 1049, 2004),
        fc.constantFrom('h', 'l'),
      )
      .map(([mode, way]) => `\x1b[?${mode}${way}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('\x1b[4h', '\x1b[4l', '\x1b[20h', '\x1b[20l') },
  { weight: 1, arbitrary: fc.tuple(number, number).map(([top, bottom]) => `\x1b[${top};${bottom}r`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '\x1b7',
      '\x1b8',
      '\x1bD',
      '\x1bE',
      '\x1bM',
      '\x1bH',
      '\x1b[3g',
      '\x1b[0g',
      '\x1b[s',
      '\x1b[u',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\x1b(0',
      '\x1b(B',
      '\x1b)0',
      '\x1b*A',
      '\x1b#8',
      '\x1b[1"q',
      '\x1b[0"q',
      '\x1b[3 q',
      '\x1b>',
      '\x1b=',
    ),
  },
);

describe('whatever is said', () => {
  test('the screen is the same, there and afterwards', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sequence, { maxLength: 40 }), fc.array(sequence, { maxLength: 15 }), (before, after) =>
        expectSame(before.join(''), after.join('')),
      ),
      { numRuns: 400 },
    );
  });
});

describe('a number that no terminal is as large as', () => {
  // Each final byte there is, with what may stand before it.
  const finals = Array.from({ length: 0x7f - 0x40 }, (_, at) => String.fromCharCode(0x40 + at));
  const said = ['', '?', '>', '!', ' ', '"', '$', "'", '*'].flatMap((mark) =>
    finals.map((final) => {
      const isPrefix = mark === '?' || mark === '>';
      return `x\x1b[${isPrefix ? mark : ''}2147483647;2147483647${isPrefix ? '' : mark}${final}`;
    }),
  );

  test('keeps no terminal busy, whatever sequence it is said with', async () => {
    const model = new ScreenModel(usual);
    for (const sequence of said) await model.write(Buffer.from(sequence));
    await model.write(Buffer.from('\x1bc\x1b[2J\x1b[Hdone'));
    expect(model.lines()[0]).toBe('done');
  });

  test.each(['', '?'])('is not needed to stop one: CSI %s1J in the last corner', async (mark) => {
    for (const where of ['', '\x1b[?1049h']) {
      const model = new ScreenModel(usual);
      await model.write(Buffer.from(`${where}one\x1b[6;20H.\x1b[${mark}1J\x1b[3;1Hdone`));
      expect(model.lines()).toEqual(['', '', 'done', '', '', '']);
    }
  });
});
