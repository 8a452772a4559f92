/**
 * Screens are made beside the gateway, never in its way: while one is made of a lot of output, its event loop goes on.
 * A thread that dies is replaced; who waited for it hears so. Screens go on from where they were.
 */
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ScreenModel } from './screen-model.ts';
import { createScreens, type Screens, ScreenUnavailable } from './screens.ts';
import { bundleScreenWorker } from './testing/screen-worker-file.ts';
import { makeStore } from './testing/test-store.ts';

let worker: { url: URL; folder: string };
const running: Screens[] = [];

beforeAll(async () => {
  worker = await bundleScreenWorker();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((screens) => screens.stop()));
});
afterAll(() => rmSync(worker.folder, { recursive: true }));

function start(): Screens {
  const screens = createScreens(worker.url);
  running.push(screens);
  return screens;
}

describe('a screen', () => {
  test('is restored as it is, and pictured', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from('\x1b[31mred\x1b[0m and \x1b[44;1mblue\x1b[0m   \r\n\x1b[8mhidden\x1b[0m\r\n漢字'));
    await recorder.flush();
    const screens = start();
    const order = { key: 'a', source: recorder.source, end: 65 };
    const { restore, columns, rows } = await screens.snapshot(order);
    const model = new ScreenModel({ columns, rows });
    await model.write(restore);
    expect(model.lines().slice(0, 3)).toEqual(['red and blue   ', 'hidden', '漢字']);
    const picture = await screens.picture(order);
    expect(picture).toMatchObject({ columns: 80, rows: 24, cursor: { column: 4, row: 2 } });
    expect(picture.lines.slice(0, 3)).toEqual([
      [{ text: 'red', fg: 1 }, { text: ' and ' }, { text: 'blue', bg: 4, bold: true }],
      [],
      [{ text: '漢字' }],
    ]);
    await recorder.seal('closed');
  });

  test('goes on from where it was, and begins again after it was forgotten', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from('one '));
    await recorder.flush();
    const screens = start();
    await screens.follow({ key: 'a', source: recorder.source, end: 4 });
    recorder.output(Buffer.from('two'));
    await recorder.flush();
    expect((await screens.picture({ key: 'a', source: recorder.source, end: 7 })).lines[0]).toEqual([
      { text: 'one two' },
    ]);
    screens.forget('a');
    expect((await screens.picture({ key: 'a', source: recorder.source, end: 3 })).lines[0]).toEqual([{ text: 'one' }]);
    await recorder.seal('closed');
  });

  test('of a flood leaves the event loop to the sessions', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    const line = Buffer.from(`${'\x1b[32mflood\x1b[0m '.repeat(8)}\r\n`);
    const flood = Buffer.concat(Array.from({ length: 20_000 }, () => line));
    recorder.output(flood);
    await recorder.flush();
    const screens = start();
    await screens.follow({ key: 'warm', source: recorder.source, end: 0 });
    let turns = 0;
    let isDone = false;
    const made = screens.snapshot({ key: 'a', source: recorder.source, end: flood.length }).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    expect((await made).offset).toBe(flood.length);
    expect(turns).toBeGreaterThan(100);
    await recorder.seal('closed');
  });

  test('that cannot be read is told, and the next one is made', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from('here'));
    await recorder.flush();
    const screens = start();
    const broken = { ...recorder.source, dataFd: 99_999 };
    await expect(screens.snapshot({ key: 'a', source: broken, end: 4 })).rejects.toThrow(ScreenUnavailable);
    const picture = await screens.picture({ key: 'a', source: recorder.source, end: 4 });
    expect(picture.lines[0]).toEqual([{ text: 'here' }]);
    await screens.stop();
    await expect(screens.snapshot({ key: 'a', source: recorder.source, end: 4 })).rejects.toThrow(ScreenUnavailable);
    await recorder.seal('closed');
  });

  test('is asked of another thread when the first cannot start', async () => {
    const screens = createScreens(new URL('file:///nowhere/screen-worker.mjs'));
    running.push(screens);
    const source = { dataFd: 0, headerBytes: 0, eventsFd: 0, columns: 80, rows: 24 };
    for (let i = 0; i < 2; i += 1) {
      await expect(screens.snapshot({ key: 'a', source, end: 0 })).rejects.toThrow(ScreenUnavailable);
    }
  });
});
