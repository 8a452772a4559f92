// Contract: wherever one goes in a recording, by playing or seeking, the screen ends up exactly as if everything up to
// that moment had been written to it once, in order, with its resizes in their places. One write at a time; a long way
// is gone in slices; time only passes through `tick`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Playback, type PlaybackScreen } from './playback.ts';
import { offsetAt, type Timeline, wholeTrack } from './timeline.ts';

/** A screen that remembers, and parses only when told to. */
class RecordingScreen implements PlaybackScreen {
  log: string[] = [];
  resets = 0;
  largestWrite = 0;
  #pending: (() => void) | undefined;

  reset(size: { columns: number; rows: number }): void {
    this.#mustBeIdle();
    this.resets += 1;
    this.log = [`[${size.columns}x${size.rows}]`];
  }

  resize(size: { columns: number; rows: number }): void {
    this.#mustBeIdle();
    this.log.push(`[${size.columns}x${size.rows}]`);
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.#mustBeIdle();
    this.largestWrite = Math.max(this.largestWrite, bytes.length);
    this.log.push(new TextDecoder().decode(bytes));
    this.#pending = done;
  }

  /** Parses everything, write after write; answers how many there were. */
  settle(): number {
    let writes = 0;
    for (let done = this.#pending; done; done = this.#pending) {
      writes += 1;
      this.#pending = undefined;
      done();
    }
    return writes;
  }

  get shown(): string {
    return this.log.join('');
  }

  #mustBeIdle(): void {
    if (this.#pending) throw new Error('something was called while a write was being parsed');
  }
}

function timelineOf(steps: [ms: number, text: string][], resizes: Timeline['resizes'] = [], durationMs = 0): Timeline {
  let bytes = 0;
  const ends = steps.map(([, text]) => {
    bytes += text.length;
    return bytes;
  });
  return {
    times: Float64Array.from(steps, ([ms]) => ms),
    ends: Float64Array.from(ends),
    durationMs: Math.max(durationMs, steps.at(-1)?.[0] ?? 0),
    startSize: { columns: 80, rows: 24 },
    resizes,
    anchors: [],
    marks: [],
    damaged: false,
  };
}

function playbackOf(steps: [ms: number, text: string][], resizes?: Timeline['resizes'], durationMs?: number) {
  const screen = new RecordingScreen();
  const timeline = timelineOf(steps, resizes, durationMs);
  const output = new TextEncoder().encode(steps.map(([, text]) => text).join(''));
  return { screen, playback: new Playback(wholeTrack(timeline, output), screen), timeline };
}

const hello: [number, string][] = [
  [1000, 'a'],
  [2000, 'b'],
  [10_000, 'c'],
];

test('it begins empty, at the size of the start, paused', () => {
  const { screen, playback } = playbackOf(hello);
  expect(screen.shown).toBe('[80x24]');
  expect(playback.isPlaying).toBe(false);
  playback.tick(5000);
  expect(playback.positionMs).toBe(0);
});

test('playing writes what is due and stops at the end; playing again begins again', () => {
  const { screen, playback } = playbackOf(hello);
  playback.play();
  for (let ms = 0; ms < 2500; ms += 250) playback.tick(250);
  screen.settle();
  expect(screen.shown).toBe('[80x24]ab');
  for (let ms = 0; ms < 9000; ms += 250) playback.tick(250);
  screen.settle();
  expect(screen.shown).toBe('[80x24]abc');
  expect(playback.isPlaying).toBe(false);
  expect(playback.isAtEnd).toBe(true);
  playback.play();
  screen.settle();
  expect(screen.shown).toBe('[80x24]');
  expect(playback.positionMs).toBe(0);
});

test.each([0.5, 1, 2, 4, 8, 16] as const)('speed %d', (speed) => {
  const { playback } = playbackOf(hello);
  playback.speed = speed;
  playback.play();
  playback.tick(100);
  expect(playback.positionMs).toBe(100 * speed);
});

test('a tab that slept goes on from where it was', () => {
  const { playback } = playbackOf(hello);
  playback.play();
  playback.tick(3_600_000);
  expect(playback.positionMs).toBe(500);
});

test('silence can be skipped, short pauses stay', () => {
  const { playback } = playbackOf(hello);
  playback.skipsSilence = true;
  playback.play();
  playback.tick(100);
  expect(playback.positionMs).toBe(100); // one second is no silence
  playback.seek(2000);
  playback.tick(100);
  expect(playback.positionMs).toBe(9500);
});

test('backward is an empty screen and everything again up to there', () => {
  const { screen, playback } = playbackOf(hello);
  playback.seek(10_000);
  screen.settle();
  playback.seek(1500);
  screen.settle();
  expect(screen.shown).toBe('[80x24]a');
  expect(screen.resets).toBe(2);
});

test('positions stay within the recording', () => {
  const { playback } = playbackOf(hello);
  playback.seek(-5);
  expect(playback.positionMs).toBe(0);
  playback.seek(1e12);
  expect(playback.positionMs).toBe(10_000);
});

test('resizes come between the bytes they came between', () => {
  const { screen, playback } = playbackOf(
    [
      [1000, 'ab'],
      [3000, 'cd'],
    ],
    [
      { atMs: 2000, offset: 2, columns: 100, rows: 30 },
      { atMs: 3000, offset: 3, columns: 120, rows: 40 },
      { atMs: 4000, offset: 4, columns: 90, rows: 20 },
    ],
    5000,
  );
  playback.seek(1500);
  screen.settle();
  expect(screen.shown).toBe('[80x24]ab');
  playback.seek(2000);
  screen.settle();
  expect(screen.shown).toBe('[80x24]ab[100x30]');
  playback.seek(5000);
  screen.settle();
  expect(screen.shown).toBe('[80x24]ab[100x30]c[120x40]d[90x20]');
  playback.seek(3500);
  screen.settle();
  expect(screen.shown).toBe('[80x24]ab[100x30]c[120x40]d');
});

test('a long way is gone in slices, and the clock waits for the screen', () => {
  const { screen, playback } = playbackOf([
    [1000, 'x'.repeat(3_000_000)],
    [9000, 'y'],
  ]);
  playback.seek(1000);
  expect(playback.isCatchingUp).toBe(true);
  playback.play();
  playback.tick(100);
  expect(playback.positionMs).toBe(1000);
  expect(screen.settle()).toBeGreaterThan(20);
  expect(screen.largestWrite).toBeLessThanOrEqual(128 * 1024);
  playback.tick(100);
  expect(playback.positionMs).toBe(1100);
});

test('seeking away while a slice is being parsed waits for it, then goes there', () => {
  const { screen, playback } = playbackOf([
    [1000, 'a'],
    [2000, 'x'.repeat(500_000)],
  ]);
  playback.seek(2000);
  playback.seek(1000);
  screen.settle();
  expect(screen.shown).toBe('[80x24]a');
});

test('whatever path of seeks and ticks, the screen is what one straight write would have made', () => {
  const resizes = [
    { atMs: 1500, offset: 4, columns: 100, rows: 30 },
    { atMs: 2500, offset: 6, columns: 60, rows: 20 },
  ];
  const steps: [number, string][] = [
    [0, 'ab'],
    [1000, 'cd'],
    [2000, 'ef'],
    [3000, 'gh'],
  ];
  const act = fc.oneof(
    fc.record({ seek: fc.integer({ min: -100, max: 4000 }) }),
    fc.record({ tick: fc.integer({ min: 0, max: 600 }) }),
    fc.constant('settle' as const),
    fc.constant('play' as const),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const { screen, playback, timeline } = playbackOf(steps, resizes);
      for (const next of acts) {
        if (next === 'settle') screen.settle();
        else if (next === 'play') playback.play();
        else if ('seek' in next) playback.seek(next.seek);
        else playback.tick(next.tick);
      }
      screen.settle();
      const text = 'abcdefgh'.slice(0, offsetAt(timeline, playback.positionMs));
      expect(screen.shown.replace(/\[\d+x\d+\]/g, '')).toBe(text);
      const sizes = ['[80x24]', '[100x30]', '[60x20]'];
      const due = 1 + resizes.filter(({ atMs }) => atMs <= playback.positionMs).length;
      expect(screen.shown.match(/\[\d+x\d+\]/g)).toEqual(sizes.slice(0, due));
    }),
  );
});
