// Contract: with an index a recording is played from any moment without fetching what is before it: wherever one goes,
// the screen is what playing everything from the beginning would have made it, and at most a few windows are fetched. An
// index that cannot be read leads to the whole recording; a refusal to its sentence. A real recording, its real index,
// xterm's own parser, and a real HTTP server with ranges.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import headless from '@xterm/headless';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseByteRange } from '../../../server/front/byte-range.ts';
import { decodeIndexHeader, encodeIndexHeader, indexHeaderBytes } from '../../../server/protocol/recording-index.ts';
import { indexRecording } from '../../../server/recording/index-recording.ts';
import { feed, makeStore, type TestStore } from '../../../server/recording/testing/test-store.ts';
import { type LoadResult, loadRecording } from './load-recording.ts';
import { Playback, type PlaybackScreen } from './playback.ts';
import type { Track } from './timeline.ts';

let room: TestStore;
let files: Record<string, Buffer>;
let refusal: { status: number; body: string; part: string } | undefined;
let fetched: { part: string; bytes: number }[] = [];
let server: Server;
let origin: string;
let nowMs = 0;

beforeAll(async () => {
  room = await makeStore({ monotonicMs: () => nowMs });
  const { recorder, folder, path } = await room.open();
  for (let second = 0; second < 60; second += 1) {
    nowMs = second * 1000 + (second > 40 ? 600_000 : 0); // a long silence
    if (second % 20 === 10) recorder.event({ type: 'resize', columns: 80 + second, rows: 24 + (second % 7) });
    const text = Array.from(
      { length: 1600 },
      (_, n) => `\x1b[${31 + (n % 7)}m${second}.${n} 漢字\x1b[0m ${'x'.repeat(20)}\r\n`,
    );
    await feed(recorder, [Buffer.from(text.join(''))]);
    await recorder.flush();
  }
  const { bytes, durationMs } = await recorder.seal('closed');
  expect(await indexRecording({ root: room.root, path, sealed: { bytes, durationMs } })).toMatchObject({
    problems: [],
  });
  const names = ['typescript', 'typescript.timing', 'events.ndjson', 'index.bin'];
  files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))])));
  server = createServer((request, response) => {
    const part = request.url?.split('/').at(-1) ?? '';
    const file = files[part];
    if (refusal?.part === part || !file) {
      response.writeHead(refusal?.status ?? 404).end(refusal?.body);
      return;
    }
    const range = parseByteRange(request.headers.range, file.length);
    const { from, last } = typeof range === 'string' ? { from: 0, last: file.length - 1 } : range;
    fetched.push({ part, bytes: last - from + 1 });
    response.writeHead(typeof range === 'string' ? 200 : 206).end(file.subarray(from, last + 1));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await room[Symbol.asyncDispose]();
});
beforeEach(() => {
  refusal = undefined;
  fetched = [];
});

function open(): Promise<LoadResult> {
  const local: typeof fetch = (path, init) => fetch(`${origin}${path}`, init);
  return loadRecording('0190', { fetch: local, signal: new AbortController().signal, onProgress: () => {} });
}

async function trackOf(result: Promise<LoadResult>): Promise<Track> {
  const opened = await result;
  if (!opened.ok) throw new Error(opened.sentence);
  return opened.track;
}

async function wholeOf(): Promise<Track> {
  const { 'index.bin': index, ...rest } = files;
  files = rest;
  const track = await trackOf(open());
  files = { ...rest, ...(index && { 'index.bin': index }) };
  return track;
}

function player(track: Track) {
  const terminal = new headless.Terminal({ cols: 80, rows: 24, scrollback: 100, allowProposedApi: true });
  const screen: PlaybackScreen = {
    reset(size) {
      terminal.reset();
      terminal.resize(size.columns, size.rows);
    },
    resize: ({ columns, rows }) => terminal.resize(columns, rows),
    write: (bytes, done) => {
      isBusy = true;
      terminal.write(bytes, () => {
        isBusy = false;
        done();
        changed();
      });
    },
  };
  let isBusy = false;
  let changed = () => {};
  const playback = new Playback(track, screen, () => changed());
  const settle = () =>
    new Promise<void>((resolve) => {
      changed = () => {
        if (!isBusy && (playback.problem !== undefined || !playback.isCatchingUp)) resolve();
      };
      changed();
    });
  const shown = () => {
    const { active } = terminal.buffer;
    const lines = Array.from({ length: terminal.rows }, (_, y) =>
      active.getLine(active.baseY + y)?.translateToString(true),
    );
    return { columns: terminal.cols, rows: terminal.rows, lines, x: active.cursorX, y: active.cursorY };
  };
  const goTo = async (ms: number) => {
    playback.seek(ms);
    await settle();
    return shown();
  };
  /** A step that has to wait for its window. */
  const moved = () =>
    new Promise<void>((resolve) => {
      const from = playback.positionMs;
      changed = () => playback.positionMs !== from && resolve();
      changed();
    });
  return { playback, goTo, settle, moved };
}

const bytesOf = (part: string) => fetched.filter((one) => one.part === part).reduce((sum, { bytes }) => sum + bytes, 0);

describe('a recording with an index', () => {
  it('shows at every moment what playing from the beginning shows', async () => {
    const indexed = player(await trackOf(open()));
    const whole = player(await wholeOf());
    for (const ms of [0, 59_000, 12_500, 11_000, 30_000, 9999, 10_000, 658_000, 41_000, 20_500, 1e9]) {
      expect(await indexed.goTo(ms), `at ${ms} ms`).toEqual(await whole.goTo(ms));
    }
  });

  it('fetches no more than what is shown', async () => {
    const track = await trackOf(open());
    expect(track.windows.length).toBeGreaterThan(3);
    expect(bytesOf('typescript')).toBe(0);
    const { goTo } = player(track);
    await goTo(655_000);
    const whole = files.typescript?.length ?? 0;
    expect(bytesOf('typescript')).toBeLessThan(whole * 0.65); // the first window, and the one that was gone to
    expect(bytesOf('typescript')).toBeGreaterThan(0);
  });

  it('plays on from window to window, with the next one at hand', async () => {
    const track = await trackOf(open());
    const { playback, goTo, settle } = player(track);
    await goTo((track.windows[1]?.elapsedMs ?? 0) - 500);
    playback.speed = 16;
    playback.play();
    for (let n = 0; n < 400 && playback.positionMs < 40_000; n += 1) {
      playback.tick(100);
      await settle();
    }
    expect(playback.problem).toBeUndefined();
    const there = playback.positionMs;
    playback.pause();
    await settle();
    const whole = player(await wholeOf());
    expect(await goTo(there)).toEqual(await whole.goTo(there));
  });

  it('skips silence, and tells how much', async () => {
    const { playback, goTo } = player(await trackOf(open()));
    await goTo(40_000);
    playback.skipsSilence = true;
    playback.play();
    playback.tick(100);
    expect(playback.positionMs).toBe(640_500);
    expect(playback.skippedMs).toBe(600_500);
    playback.seek(0);
    expect(playback.skippedMs).toBe(0);
  });

  it('knows what happened, and how much was written when', async () => {
    const track = await trackOf(open());
    expect(track.marks.map(({ type }) => type)).toEqual(['start', 'resize', 'resize', 'resize']);
    expect(track.activity?.bytes.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3_000_000);
  });

  it('steps from output to output, also over the beginning of a window', async () => {
    const track = await trackOf(open());
    const { playback, goTo, settle, moved } = player(track);
    const edge = track.windows[2]?.elapsedMs ?? 0;
    await goTo(edge + 1);
    playback.step('back');
    expect(playback.positionMs).toBe(edge);
    playback.step('back');
    await moved();
    expect(edge - playback.positionMs).toBeCloseTo(1000);
    await settle();
    playback.step('forward');
    expect(playback.positionMs).toBeCloseTo(edge);
  });
});

describe('what can go wrong', () => {
  it.each<[string, (index: Buffer) => Buffer]>([
    ['is another version', (index) => Buffer.concat([index.subarray(0, 8), Buffer.from([9]), index.subarray(9)])],
    ['was cut', (index) => index.subarray(0, index.length - 10)],
    ['is empty', () => Buffer.alloc(0)],
  ])('an index that %s leads to the whole recording', async (_, damage) => {
    const index = files['index.bin'] ?? Buffer.alloc(0);
    files = { ...files, 'index.bin': damage(index) };
    const track = await trackOf(open());
    files = { ...files, 'index.bin': index };
    expect(track.windows).toHaveLength(1);
  });

  it('a refusal is told in its words', async () => {
    const message = 'Nobody may review their own session.';
    refusal = { status: 403, part: 'index.bin', body: JSON.stringify({ error: { message } }) };
    expect(await open()).toEqual({ ok: false, sentence: message });
  });

  it('a part that cannot be fetched stops the playing, and the next move tries again', async () => {
    const { playback, goTo, settle } = player(await trackOf(open()));
    await goTo(0);
    const message = 'Your session has ended. Sign in again.';
    refusal = { status: 401, part: 'typescript', body: JSON.stringify({ error: { message } }) };
    playback.play();
    playback.seek(655_000);
    await settle();
    expect(playback.problem).toBe(message);
    expect(playback.isPlaying).toBe(false);
    refusal = undefined;
    expect((await goTo(655_000)).lines.length).toBeGreaterThan(20);
    expect(playback.problem).toBeUndefined();
  });

  it('a recording that is shorter than its index says so', async () => {
    const track = await trackOf(open());
    const typescript = files.typescript ?? Buffer.alloc(0);
    files = { ...files, typescript: typescript.subarray(0, typescript.length - 100) };
    await expect(track.load(track.windows.length - 1)).rejects.toThrow('ends before its index');
    files = { ...files, typescript };
  });

  it.each(['outputBytes', 'timingBytes', 'eventsBytes'] as const)(
    'a window that would fill the tab by its %s is not fetched',
    async (what) => {
      const index = files['index.bin'] ?? Buffer.alloc(0);
      const header = decodeIndexHeader(index);
      if (!header) throw new Error('index.bin is no index.');
      const larger = encodeIndexHeader({ ...header, [what]: header[what] + 200 * 1024 * 1024 });
      files = { ...files, 'index.bin': Buffer.concat([larger, index.subarray(indexHeaderBytes)]) };
      const track = await trackOf(open());
      fetched = [];
      await expect(track.load(track.windows.length - 1)).rejects.toThrow('too large to play here');
      expect(fetched).toEqual([]);
      expect((await track.load(0)).output.length).toBeGreaterThan(0);
      files = { ...files, 'index.bin': index };
    },
  );
});
