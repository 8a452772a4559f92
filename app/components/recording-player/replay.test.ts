// Contract: what a person sees in replay is what the terminal of the session showed at that moment, down to cursor and
// colours, however they got there. Shown with xterm's own parser: a terminal that was played and sought to and fro
// against one that was simply written to.
import headless from '@xterm/headless';
import { expect, test } from 'vitest';
import { formatTimingStep } from '#server/protocol/typescript.ts';
import { formatEventLine, parseEvents } from '#server/protocol/typescript-events.ts';
import { Playback, type PlaybackScreen } from './playback.ts';
import { buildTimeline, type ScreenSize, wholeTrack } from './timeline.ts';

type Step = { seconds: number; text?: string; size?: ScreenSize };

const session: Step[] = [
  { seconds: 0.1, text: '\x1b[32muser@host\x1b[0m:~$ ' },
  { seconds: 1, text: 'vim café 漢字 🙂\r\n' },
  { seconds: 0.2, text: '\x1b[?1049h\x1b[2J\x1b[3;20r\x1b[5;5H\x1b[7mstatus\x1b[0m\x1b[?25l' }, // alternate screen, margins
  { seconds: 2, size: { columns: 100, rows: 30 } },
  { seconds: 0.1, text: '\x1b[2J\x1b[1;1Hredrawn\x1b[30;90Hcorner' },
  { seconds: 5, text: '\x1b[?1049l\x1b[?25h\x1b[r' },
  { seconds: 0.5, text: `${'line of output\r\n'.repeat(200)}` },
  { seconds: 1, size: { columns: 60, rows: 20 } },
  { seconds: 1, text: '\x1b]0;title\x07$ exit\r\n' },
];

const encoder = new TextEncoder();

function record(steps: readonly Step[]) {
  const start = {
    type: 'start',
    columns: 80,
    rows: 24,
    computer: 'c',
    account: 'a',
    person: 'p',
    personId: 'i',
  } as const;
  let events = formatEventLine({ at: '2026-03-01T10:00:00Z', elapsedMs: 0, offset: 0 }, start);
  let timing = '';
  const parts: Uint8Array[] = [];
  let offset = 0;
  let ms = 0;
  let silentMs = 0;
  for (const { seconds, text, size } of steps) {
    ms += seconds * 1000;
    silentMs += seconds * 1000;
    if (size)
      events += formatEventLine(
        { at: '2026-03-01T10:00:00Z', elapsedMs: Math.round(ms), offset },
        { type: 'resize', ...size },
      );
    if (!text) continue;
    const bytes = encoder.encode(text);
    parts.push(bytes);
    offset += bytes.length;
    timing += formatTimingStep({ delayUs: silentMs * 1000, bytes: bytes.length });
    silentMs = 0;
  }
  const output = Buffer.concat(parts);
  return { output, timeline: buildTimeline(encoder.encode(timing), parseEvents(events), output.length) };
}

type Terminal = InstanceType<typeof headless.Terminal>;

function newTerminal(): Terminal {
  return new headless.Terminal({ cols: 80, rows: 24, scrollback: 1000, allowProposedApi: true });
}

const write = (terminal: Terminal, text: string) => new Promise<void>((done) => terminal.write(text, done));

/** All that one can see: every line with its colours, the cursor, the screen in use, the size. */
function seen(terminal: Terminal) {
  const buffer = terminal.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, y) => {
    const line = buffer.getLine(y);
    const colours = Array.from({ length: terminal.cols }, (_, x) => {
      const cell = line?.getCell(x);
      return `${cell?.getFgColor()},${cell?.isInverse()}`;
    });
    return [line?.translateToString(true), colours.join(' ')];
  });
  const { type, cursorX, cursorY } = buffer;
  return { type, cursorX, cursorY, columns: terminal.cols, rows: terminal.rows, lines };
}

async function straight(count: number): Promise<Terminal> {
  const terminal = newTerminal();
  for (const { text, size } of session.slice(0, count)) {
    if (size) terminal.resize(size.columns, size.rows);
    if (text) await write(terminal, text);
  }
  return terminal;
}

function player() {
  const terminal = newTerminal();
  let idle = () => {};
  const screen: PlaybackScreen = {
    reset(size) {
      terminal.reset();
      terminal.resize(size.columns, size.rows);
    },
    resize: (size) => terminal.resize(size.columns, size.rows),
    write: (bytes, done) => {
      terminal.write(bytes, () => {
        done();
        idle();
      });
    },
  };
  const { timeline, output } = record(session);
  const playback = new Playback(wholeTrack(timeline, output), screen);
  const goTo = async (ms: number) => {
    playback.seek(ms);
    // A write of nothing is parsed after everything before it.
    await write(terminal, '');
    while (playback.isCatchingUp) {
      await new Promise<void>((resolve) => {
        idle = resolve;
      });
    }
    await write(terminal, '');
  };
  return { terminal, goTo };
}

/** The moment just after each step. */
const moments = session.map((_, i) => session.slice(0, i + 1).reduce((ms, { seconds }) => ms + seconds * 1000, 0) + 50);

test.each(session.map((_, i) => i + 1))('after %d steps, straight from the beginning', async (count) => {
  const { terminal, goTo } = player();
  await goTo(moments[count - 1]!);
  expect(seen(terminal)).toEqual(seen(await straight(count)));
});

test('after every step, sought to and fro', async () => {
  const { terminal, goTo } = player();
  for (const count of [9, 3, 5, 1, 7, 6, 2, 8, 4]) {
    await goTo(moments[count - 1]!);
    expect(seen(terminal), `after ${count} steps`).toEqual(seen(await straight(count)));
  }
});
