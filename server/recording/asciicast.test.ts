/**
 * The contract: an asciicast has all of a recording that its format can hold, in its order: output as text, sizes where
 * they fell, input only where it was recorded. `asciinema` itself plays it, where it is installed. What is damaged is left
 * out from there on, nothing is read beyond the store, and a reader who leaves closes everything.
 */
import { execFile, execFileSync } from 'node:child_process';
import { appendFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../ids.ts';
import { asciicastOf } from './asciicast.ts';
import { countOpenFiles, feed, makeStore, type Opened, outputIn, type TestStore } from './testing/test-store.ts';

let room: TestStore;
let nowMs: number;
beforeEach(async () => {
  nowMs = 0;
  room = await makeStore({ monotonicMs: () => nowMs, limits: { coalesceMs: 0 } });
});
afterEach(() => room[Symbol.asyncDispose]());

type Event = [at: number, code: string, data: string];

async function castOf({ path }: Pick<Opened, 'path'>) {
  const [header = '', ...lines] = (await text((await asciicastOf({ root: room.root, path }))!)).trimEnd().split('\n');
  return { header: JSON.parse(header), events: lines.map((line) => JSON.parse(line) as Event) };
}
const outputOf = (events: Event[]) =>
  events
    .filter(([, code]) => code === 'o')
    .map(([, , data]) => data)
    .join('');

async function at(ms: number, { recorder }: Opened, act: (recorder: Opened['recorder']) => void): Promise<void> {
  await recorder.flush();
  nowMs = ms;
  act(recorder);
  await recorder.flush();
}

async function aRecording(): Promise<Opened> {
  const opened = await room.open();
  await at(1000, opened, (recorder) => recorder.output(Buffer.from('grün €\r\n')));
  await at(2000, opened, (recorder) => recorder.event({ type: 'input', text: 'ls\r' }));
  await at(3000, opened, (recorder) => recorder.event({ type: 'resize', columns: 120, rows: 40 }));
  await at(4000, opened, (recorder) => recorder.output(Buffer.from('🦀').subarray(0, 2)));
  await at(5000, opened, (recorder) => recorder.output(Buffer.from('🦀').subarray(2)));
  await at(6000, opened, (recorder) => recorder.event({ type: 'policy', text: 'Five minutes left.' }));
  nowMs = 7000;
  await opened.recorder.seal('closed');
  return opened;
}

describe('an asciicast', () => {
  it('tells the session: its screen, what was shown, what else happened, and when', async () => {
    const { header, events } = await castOf(await aRecording());
    expect(header).toMatchObject({ version: 2, width: 80, height: 24, timestamp: expect.any(Number) });
    expect(header.title).toBe('Ada "Böse" Łove\ufffdlace on web-1 as root');
    expect(events).toEqual([
      [1, 'o', 'grün €\r\n'],
      [2, 'i', 'ls\r'],
      [3, 'r', '120x40'],
      [5, 'o', '🦀'],
      [6, 'm', 'Five minutes left.'],
    ]);
  });

  it('is played by asciinema', async (test) => {
    if (!isInstalled('asciinema')) return test.skip();
    const opened = await aRecording();
    const file = join(room.root, 'recording.cast');
    await writeFile(file, (await asciicastOf({ root: room.root, path: opened.path }))!);
    // It wants a terminal, which script(1) gives.
    const played = promisify(execFile)('script', ['-qec', `asciinema cat ${file}`, '/dev/null'], {
      encoding: 'buffer',
    });
    const { stdout } = await played;
    expect(stdout.equals(await outputIn(opened.folder))).toBe(true);
  });

  it('of much output in steps of every size is whole, and takes little memory', async () => {
    const opened = await room.open();
    const letters = Buffer.from('a-é-你-🦀-'.repeat(40_000));
    const pieces = Array.from({ length: 400 }, (_, i) => letters.subarray(i * 1700, (i + 1) * 1700));
    await feed(opened.recorder, pieces);
    await opened.recorder.seal('closed');
    const cast = await asciicastOf({ root: room.root, path: opened.path });
    let longest = 0;
    let all = '';
    for await (const piece of cast!) {
      longest = Math.max(longest, piece.length);
      all += piece;
    }
    expect(longest).toBeLessThan(512 * 1024);
    const events = all
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Event);
    expect(outputOf(events)).toBe((await outputIn(opened.folder)).toString());
    await vi.waitFor(() => expect(countOpenFiles(room.root)).toBe(0));
  });

  it('has the end of a character that never came, and events after the last output', async () => {
    const opened = await room.open();
    await at(1000, opened, (recorder) => recorder.output(Uint8Array.of(0xf0, 0x9f)));
    await at(2000, opened, (recorder) => recorder.event({ type: 'resize', columns: 10, rows: 5 }));
    await opened.recorder.seal('closed');
    expect((await castOf(opened)).events).toEqual([
      [1, 'o', '\ufffd'],
      [2, 'r', '10x5'],
    ]);
  });

  it('goes as far as the recording can be read', async () => {
    const opened = await aRecording();
    const whole = await castOf(opened);
    await truncate(join(opened.folder, 'typescript'), (await outputIn(opened.folder)).length + 20);
    expect(outputOf((await castOf(opened)).events)).not.toBe(outputOf(whole.events));
    await appendFile(join(opened.folder, 'typescript.timing'), 'nonsense\n1.000000 5\n');
    expect((await castOf(opened)).header).toEqual(whole.header);
    await writeFile(join(opened.folder, 'events.ndjson'), '{"type":"start","columns":1e9}\nnonsense\n');
    expect((await castOf(opened)).header).toMatchObject({ version: 2, width: 80, height: 24 });
    await writeFile(join(opened.folder, 'typescript'), '');
    expect((await castOf(opened)).events).toEqual([]);
  });

  it('is not there without a recording, and not beyond a link', async () => {
    expect(await asciicastOf({ root: room.root, path: `2026/01/02/${newId()}` })).toBeUndefined();
    const opened = await aRecording();
    await rm(join(opened.folder, 'typescript.timing'));
    expect(await asciicastOf({ root: room.root, path: opened.path })).toBeUndefined();
    expect(countOpenFiles(room.root)).toBe(0);
    await rename(opened.folder, join(room.root, 'outside'));
    await symlink(join(room.root, 'outside'), opened.folder);
    await expect(asciicastOf({ root: room.root, path: opened.path })).rejects.toThrow(/link/);
  });

  it('closes its files when the reader goes away, at once or in the middle', async () => {
    const { recorder, path } = await room.open();
    recorder.output(Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => (n * n * 31) % 253)));
    await recorder.seal('closed');
    const unread = await asciicastOf({ root: room.root, path });
    expect(countOpenFiles(room.root)).toBeGreaterThan(0);
    unread!.destroy();
    for await (const _ of (await asciicastOf({ root: room.root, path }))!) break;
    await vi.waitFor(() => expect(countOpenFiles(room.root)).toBe(0));
  });
});

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version']);
    return true;
  } catch {
    return false;
  }
}
