/**
 * Screens are made beside the gateway, never in its way: while one is made of a lot of output, its event loop goes on.
 * A thread that dies is replaced; who waited for it hears so. Screens go on from where they were. A host that writes what
 * takes a terminal for ever has no screen itself, and takes nobody else's.
 */
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ScreenModel } from './screen-model.ts';
import { createScreens, type Screens, type ScreensTimes, ScreenUnavailable } from './screens.ts';
import { bundleScreenWorker } from './testing/screen-worker-file.ts';
import { makeStore, type TestStore } from './testing/test-store.ts';

let worker: { url: URL; folder: string };
const running: Screens[] = [];

beforeAll(async () => {
  worker = await bundleScreenWorker();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((screens) => screens.stop()));
});
afterAll(() => rmSync(worker.folder, { recursive: true }));

function start(times: Partial<ScreensTimes> = {}): Screens {
  const screens = createScreens(worker.url, times);
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

  test('of a flood leaves the event loop to the sessions', { timeout: 60_000 }, async () => {
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

describe('a host that writes what takes a terminal long', () => {
  /** Each of its two bytes clears a screen that a browser may well have: a millisecond or two. */
  const expensive = Buffer.from('\x1bc'.repeat(64 * 1024));

  async function hostile(store: TestStore, { before = Buffer.alloc(0) } = {}) {
    const { recorder } = await store.open();
    recorder.event({ type: 'resize', columns: 500, rows: 200 });
    recorder.output(Buffer.concat([before, expensive]));
    await recorder.flush();
    return { order: { key: 'hostile', source: recorder.source, end: before.length + expensive.length }, recorder };
  }

  async function honest(store: TestStore, key = 'honest') {
    const { recorder } = await store.open();
    recorder.output(Buffer.from('here'));
    await recorder.flush();
    return { order: { key, source: recorder.source, end: 4 }, recorder };
  }

  test('does not keep the others waiting', { timeout: 60_000 }, async () => {
    await using store = await makeStore();
    const bad = await hostile(store);
    const good = await honest(store);
    const screens = start({ stuckMs: 600_000 });
    const settled: string[] = [];
    const lost = expect(screens.snapshot(bad.order).finally(() => settled.push('hostile'))).rejects.toThrow('stopping');
    for (let i = 0; i < 5; i += 1) {
      expect((await screens.picture(good.order)).lines[0]).toEqual([{ text: 'here' }]);
    }
    settled.push('honest');
    await screens.stop();
    await lost;
    expect(settled).toEqual(['honest', 'hostile']);
    await bad.recorder.seal('closed');
    await good.recorder.seal('closed');
  });

  test('is given up in time, and goes on from there when somebody asks again', async () => {
    await using store = await makeStore();
    const bad = await hostile(store);
    const screens = start({ patienceMs: 1_000, stuckMs: 600_000 });
    // On a busy machine the thread may not even have begun by then.
    for (let offset = 0; offset === 0; ) {
      await expect(screens.snapshot(bad.order)).rejects.toThrow('given up');
      offset = await screens.snapshot({ ...bad.order, end: 0 }).then(
        (snapshot) => snapshot.offset,
        () => 0,
      );
    }
    await bad.recorder.seal('closed');
  });

  test('and never comes back from it, loses its own screen alone, after two tries for good', {
    timeout: 60_000,
  }, async () => {
    await using store = await makeStore();
    // Harmless at first, so that it is given large steps.
    const bad = await hostile(store, { before: Buffer.alloc(1024 * 1024, 'x') });
    const good = await honest(store);
    const screens = start({ stuckMs: 1_000 });
    for (let i = 0; i < 2; i += 1) {
      const lost = expect(screens.snapshot(bad.order)).rejects.toThrow('takes a terminal too much');
      const shown = screens.snapshot(good.order);
      expect(Buffer.from((await shown).restore).toString()).toContain('here');
      await lost;
    }
    await expect(screens.follow(bad.order)).rejects.toThrow('takes a terminal too much');
    expect((await screens.picture(good.order)).lines[0]).toEqual([{ text: 'here' }]);
    await bad.recorder.seal('closed');
    await good.recorder.seal('closed');
  });

  test('is not made any further once it is forgotten', async () => {
    await using store = await makeStore();
    const bad = await hostile(store);
    const good = await honest(store);
    const screens = start({ stuckMs: 600_000 });
    const lost = expect(screens.snapshot(bad.order)).rejects.toThrow('given up');
    screens.forget('hostile');
    await lost;
    expect((await screens.picture(good.order)).lines[0]).toEqual([{ text: 'here' }]);
    await bad.recorder.seal('closed');
    await good.recorder.seal('closed');
  });
});
