/**
 * Contract: however many look, the output is read once for all; each gets every byte that follows their screen, with a
 * resize at its byte; a flood is left out and a screen is shown instead; when it cannot be read they are told; and after
 * the end nothing is read, since the files may be others' by then.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeServerFrame, type ServerControl } from '../protocol/terminal-frames.ts';
import type { RecordingSource } from '../recording/port.ts';
import type { ScreenSnapshot, Screens } from '../recording/screens.ts';
import type { KeptOutput } from './kept-output.ts';
import type { Viewer } from './viewer.ts';
import { ViewerFeed } from './viewer-feed.ts';

let folder: string;
let dataFd: number;
let total: number;
let flushes: number;
let flushing: () => Promise<void>;
let snapshots: number;
let lost: unknown[];
let feed: ViewerFeed;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sp-feed-'));
  dataFd = openSync(join(folder, 'data'), 'w+');
  total = 0;
  flushes = 0;
  snapshots = 0;
  lost = [];
  flushing = async () => undefined;
  const source = { dataFd, headerBytes: 0, eventsFd: dataFd, columns: 80, rows: 24 };
  const kept = {
    flush() {
      flushes += 1;
      return flushing();
    },
    read: <T>(work: (from: RecordingSource) => Promise<T>) => work(source),
  } as unknown as KeptOutput;
  const screens = {
    snapshot: async ({ end }: { end: number }): Promise<ScreenSnapshot> => {
      snapshots += 1;
      return { columns: 80, rows: 24, offset: end, restore: Buffer.from(`[${end}]`) };
    },
  } as unknown as Screens;
  feed = new ViewerFeed({ key: 'session', screens, kept, total: () => total, onLost: (error) => lost.push(error) });
});
afterEach(async () => {
  await feed.stop();
  closeSync(dataFd);
  rmSync(folder, { recursive: true });
});

/** The host says so. */
function say(text: string): void {
  total += writeSync(dataFd, text, total);
  feed.wake();
}

/** Somebody who looks, as far as the feed knows them, and what they were sent. */
class Looker {
  readonly sent: string[] = [];
  isLive = false;
  isWaiting = true;

  show({ offset }: ScreenSnapshot, frames: readonly Uint8Array[]): void {
    this.isLive = true;
    this.isWaiting = false;
    this.sent.push(`look ${offset} ${frames.map(textOf).join('')}`);
  }
  output(frame: Uint8Array): void {
    if (this.isLive) this.sent.push(textOf(frame));
  }
  tell(control: ServerControl): void {
    this.sent.push(control.type === 'size' ? `size ${control.columns}x${control.rows}` : control.type);
  }
  fallBehind(): void {
    this.isLive = false;
    this.isWaiting = true;
  }
}

function textOf(frame: Uint8Array): string {
  const decoded = decodeServerFrame(frame);
  return decoded && 'bytes' in decoded ? new TextDecoder().decode(decoded.bytes) : '?';
}

function look(): Looker {
  const looker = new Looker();
  feed.add(looker as unknown as Viewer);
  return looker;
}

describe('those who look', () => {
  it('get the screen and all that follows, read once for all of them', async () => {
    say('before');
    const lookers = Array.from({ length: 20 }, look);
    await expect.poll(() => lookers.map(({ sent }) => sent.length)).toEqual(lookers.map(() => 1));
    const before = flushes;
    say('on');
    say('ward');
    await expect.poll(() => lookers.at(-1)?.sent).toEqual(['look 6 [6]', 'onward']);
    for (const { sent } of lookers) expect(sent).toEqual(['look 6 [6]', 'onward']);
    expect([flushes - before, snapshots]).toEqual([1, 1]);
  });

  it('miss nothing that comes while their screen is drawn', async () => {
    const first = look();
    await expect.poll(() => first.sent).toEqual(['look 0 [0]']);
    const texts = Array.from({ length: 50 }, (_, index) => `${index},`);
    const late: Looker[] = [];
    for (const text of texts) {
      say(text);
      if (late.length < 5) late.push(look());
      await new Promise((resolve) => setImmediate(resolve));
    }
    const all = texts.join('');
    for (const looker of [first, ...late]) {
      await expect.poll(() => shown(looker, all), { timeout: 3000 }).toBe(all);
    }
  });

  it('see a resize at the byte at which it came', async () => {
    const looker = look();
    await expect.poll(() => looker.sent.length).toBe(1);
    say('wide');
    feed.resized({ columns: 100, rows: 30 });
    say('narrow');
    feed.resized({ columns: 40, rows: 10 });
    await expect.poll(() => looker.sent.slice(1)).toEqual(['wide', 'size 100x30', 'narrow', 'size 40x10']);
    feed.resized({ columns: 41, rows: 10 });
    await expect.poll(() => looker.sent.at(-1)).toBe('size 41x10');
    expect(looker.sent.filter((text) => text.startsWith('size'))).toHaveLength(3);
  });

  it('get a new screen instead of a flood', async () => {
    const looker = look();
    await expect.poll(() => looker.sent.length).toBe(1);
    say('x'.repeat(200_000));
    await expect.poll(() => looker.sent).toEqual(['look 0 [0]', 'look 200000 [200000]']);
    say('calm');
    await expect.poll(() => looker.sent.at(-1)).toBe('calm');
  });
});

describe('the end', () => {
  it('shows the last of it, and reads nothing afterwards', async () => {
    const looker = look();
    await expect.poll(() => looker.sent.length).toBe(1);
    say('goodbye');
    await feed.stop();
    expect(looker.sent.at(-1)).toBe('goodbye');
    const before = flushes;
    say('of somebody else');
    feed.resized({ columns: 10, rows: 10 });
    look();
    await feed.stop();
    expect([flushes - before, looker.sent.at(-1), lost]).toEqual([0, 'goodbye', []]);
  });

  it('waits for what is being read', async () => {
    const looker = look();
    await expect.poll(() => looker.sent.length).toBe(1);
    let finish = () => {};
    flushing = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    say('slow');
    let isOver = false;
    const over = feed.stop().then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    flushing = async () => undefined;
    finish();
    await over;
    expect(looker.sent.at(-1)).toBe('slow');
  });

  it('comes when it cannot be read any more, and is told once', async () => {
    const looker = look();
    await expect.poll(() => looker.sent.length).toBe(1);
    flushing = () => Promise.reject(new Error('the disk is full'));
    say('lost');
    await expect.poll(() => lost).toEqual([new Error('the disk is full')]);
    say('more');
    look();
    await feed.stop();
    expect([looker.sent.length, lost.length]).toEqual([1, 1]);
  });
});

/** What a looker has on the screen, where a screen stands for everything before its offset. */
function shown({ sent }: Looker, all: string): string {
  return sent.reduce((text, part) => {
    const offset = /^look (\d+) /.exec(part)?.[1];
    return offset === undefined ? text + part : all.slice(0, Number(offset));
  }, '');
}
