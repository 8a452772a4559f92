/**
 * The contract: what is gathered is what stood on the screen, in the order of time; a known secret is never among it,
 * nor a part of one, however the screen was wrapped or drawn; what is redrawn is there once, what comes back later is
 * there again; and whatever a session writes, it takes no more than its share, and what comes hours after a flood is
 * found all the same.
 */
import { describe, expect, it } from 'vitest';
import { maskText } from './line-masking.ts';
import { ScreenModel } from './screen-model.ts';
import { ScreenText } from './screen-text.ts';
import { makePrints, printKey } from './secret-prints.ts';
import { type GatheredText, TextGathering, textLimits } from './text-gathering.ts';

const key = printKey('a secret of the installation', 'session');
const secret = 'correct-horse-battery-staple';

function gatherer(secrets: readonly string[] = [secret]): TextGathering {
  return new TextGathering({ key, prints: makePrints(key, secrets) });
}

type Step = readonly [ms: number, output: string];

function gather(steps: readonly Step[], { columns = 40, rows = 6, secrets = [secret] } = {}): GatheredText {
  const model = new ScreenModel({ columns, rows });
  const gathering = gatherer(secrets);
  const text = new ScreenText(model.terminal, gathering);
  for (const [ms, output] of steps) {
    text.nowMs = ms;
    text.expect(Buffer.byteLength(output));
    model.writeNow(Buffer.from(output));
  }
  text.flush();
  return gathering.finish();
}

const textsOf = (gathered: GatheredText) => gathered.lines.map(({ text }) => text);

describe('gathered text', () => {
  it('is in the order of time, each line at its moment', () => {
    const { lines, leftOutFromMs } = gather([
      [10.2, '$ whoami\r\n'],
      [20, 'root\r\n'],
      [30, '\x1b[5;1Hstatus'],
      [40, '\x1b[4;1Hlater'],
    ]);
    expect(lines).toEqual([
      { elapsedMs: 11, text: '$ whoami' },
      { elapsedMs: 20, text: 'root' },
      { elapsedMs: 30, text: 'status' },
      { elapsedMs: 40, text: 'later' },
    ]);
    expect(leftOutFromMs).toBeUndefined();
  });

  it('has what is drawn again and again once, and what comes back later once more', () => {
    const frames = Array.from({ length: 100 }, (_, n): Step => [n * 1000, `\x1b[HTasks: 12 total\x1b[2;1Htick ${n}`]);
    const { lines } = gather([...frames, [200_000, '\x1b[2J\x1b[HTasks: 12 total']]);
    const tasks = lines.filter(({ text }) => text.startsWith('Tasks'));
    expect(tasks.map(({ elapsedMs }) => elapsedMs)).toEqual([0, 200_000]);
    expect(lines.filter(({ text }) => text.startsWith('tick'))).toHaveLength(100);
  });

  it('has lines that are too long in pieces, none of which ends within a character', () => {
    const gathering = gatherer();
    const text = `x${'🙂'.repeat(textLimits.lineLength)}`;
    gathering.push({ text, elapsedMs: 1, isFull: false });
    const pieces = textsOf(gathering.finish());
    expect(pieces.join('')).toBe(text);
    expect(pieces.length).toBeGreaterThan(2);
    expect(
      pieces.every((piece) => Buffer.from(piece).toString() === piece && piece.length <= textLimits.lineLength),
    ).toBe(true);
  });
});

describe('attack: a secret on the screen', () => {
  it.each<[string, Step[], object?]>([
    ['in a line', [[0, `password=${secret};\r\n`]]],
    ['twice', [[0, `${secret} ${secret}`]]],
    ['written over', [[0, `${secret}\rXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX`]]],
    ['typed key by key', [...`echo ${secret}`].map((letter, n): Step => [n, letter])],
    ['wrapped by the terminal', [[0, `$ mysql --password=${secret} -h db\r\n`]], { columns: 10 }],
    [
      'wrapped by the terminal, at the bottom',
      [[0, `\n\n\n\n\n\n$ mysql --password=${secret} -h db\r\n`]],
      { columns: 10 },
    ],
    [
      'wrapped by a program with line feeds',
      [[0, `pass: ${secret.slice(0, 4)}\r\n${secret.slice(4, 14)}\r\n${secret.slice(14)}`]],
      { columns: 10 },
    ],
    [
      'wrapped by a program that goes where it likes',
      [
        [
          0,
          `\x1b[?1049h\x1b[2;1Hpass: ${secret.slice(0, 4)}\x1b[3;1H${secret.slice(4, 14)}\x1b[4;1H${secret.slice(14)}\x1b[H`,
        ],
      ],
      { columns: 10 },
    ],
    [
      'wrapped and drawn anew by an editor of lines',
      [[0, `$ pw ${secret.slice(0, 5)} \r${secret.slice(5, 15)} \r${secret.slice(15)}\r\n`]],
      { columns: 10 },
    ],
    [
      'in a line longer than the screen',
      [[0, `${'x'.repeat(1000)}${secret}${'y'.repeat(1000)}\r\n`]],
      { columns: 10, rows: 3 },
    ],
    ['with colours within', [[0, `${secret.slice(0, 9)}\x1b[31m${secret.slice(9)}\x1b[m`]]],
  ])('%s is masked', (_, steps, options = {}) => {
    const all = textsOf(gather(steps, options)).join('');
    expect(all).toContain(maskText);
    for (let from = 0; from + 5 <= secret.length; from += 1) expect(all).not.toContain(secret.slice(from, from + 5));
  });

  it.each(Array.from({ length: 60 }, (_, n) => n))('across the end of a screen of wrapped text (%d) is masked', (n) => {
    const steps: Step[] = [[0, `${'-'.repeat(n)}${secret}${'-'.repeat(80)}\r\nend`]];
    const all = textsOf(gather(steps, { columns: 10, rows: 3 })).join('');
    expect(all).toContain(maskText);
    for (let from = 0; from + 5 <= secret.length; from += 1) expect(all).not.toContain(secret.slice(from, from + 5));
  });

  it('in an endless line is masked, in bounded memory', () => {
    const gathering = gatherer();
    const width = 100;
    const endless = `${'z'.repeat(99_990)}${secret}${'z'.repeat(100_000)}`;
    for (let at = 0; at < endless.length; at += width) {
      gathering.push({ text: endless.slice(at, at + width), elapsedMs: at, isFull: true });
    }
    const all = textsOf(gathering.finish()).join('');
    expect(all).toContain(maskText);
    expect(all).not.toContain(secret.slice(0, 8));
    expect(all).not.toContain(secret.slice(-8));
  });

  it('says nothing of its length', () => {
    const long = 'a-secret-that-is-much-longer-than-the-other-one';
    const masked = (one: string) => textsOf(gather([[0, `<${one}>`]], { columns: 80, secrets: [secret, long] }));
    expect(masked(long)).toEqual(masked(secret));
  });
});

describe('attack: a flood', () => {
  it('takes its share and no more, and hides nothing that comes later', () => {
    const gathering = gatherer();
    for (let n = 0; n < 200_000; n += 1) {
      gathering.push({ text: `noise ${n} ${'#'.repeat(60)}`, elapsedMs: n / 100, isFull: false });
    }
    for (let hour = 1; hour <= 10; hour += 1) {
      gathering.push({ text: `rm -rf /evidence/${hour}`, elapsedMs: hour * 3_600_000, isFull: false });
    }
    const { lines, leftOutFromMs } = gathering.finish();
    expect(lines.length).toBeLessThanOrEqual(textLimits.lines);
    expect(lines.filter(({ text }) => text.startsWith('rm -rf'))).toHaveLength(10);
    expect(leftOutFromMs).toBeLessThan(2000);
  });

  it('of long lines takes no more characters than it may', () => {
    const gathering = gatherer();
    for (let n = 0; n < 20_000; n += 1) {
      gathering.push({ text: `${n}${'#'.repeat(1990)}`, elapsedMs: n * 1000, isFull: false });
    }
    const { lines } = gathering.finish();
    const characters = lines.reduce((sum, { text }) => sum + text.length, 0);
    expect(characters).toBeLessThanOrEqual(textLimits.characters);
    expect(lines.at(-1)?.elapsedMs).toBeGreaterThan(15_000_000);
  });

  it('that jumps between two minutes takes no more of either', () => {
    const gathering = gatherer();
    const half = textLimits.lines / 2;
    for (let n = 0; n < half; n += 1) gathering.push({ text: `noise ${n}`, elapsedMs: 0, isFull: false });
    for (let n = 0; n < half; n += 1) {
      gathering.push({ text: `more noise ${n}`, elapsedMs: n % 40 === 0 ? 0 : 60_000, isFull: false });
    }
    gathering.push({ text: 'rm -rf /evidence', elapsedMs: 3_600_000, isFull: false });
    expect(textsOf(gathering.finish())).toContain('rm -rf /evidence');
  });

  it('of lines as long as a screen is not remembered', () => {
    const gathering = gatherer([]);
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 100; n += 1) {
      const text = Buffer.alloc(4_000_000, `${n} of them `).toString();
      gathering.push({ text, elapsedMs: n * 60_000, isFull: false });
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150_000_000);
    expect(gathering.finish().lines.length).toBeGreaterThan(100);
  });

  it('of keys within a screen of one long line has little of it read, and says that', () => {
    const columns = 400;
    const rows = 100;
    const flood = '\bx\by'.repeat(2_000);
    const start: Step[] = [
      [0, '='.repeat(columns * rows)],
      [1000, flood],
      [2000, flood],
    ];
    const { lines, leftOutFromMs } = gather([...start, [3_600_000, '\x1bcrm -rf /evidence']], { columns, rows });
    expect(leftOutFromMs).toBe(1000);
    expect(lines.at(-1)).toEqual({ elapsedMs: 3_600_000, text: 'rm -rf /evidence' });
  }, 60_000);
});
