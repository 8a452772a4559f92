/**
 * Contract: screens are kept for the next question, no more of them than there is room for: by their number and by what
 * they take in memory. What nobody asked for longest goes first, what somebody is at does not go, and what goes comes
 * back as it was.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Recorder } from './port.ts';
import { makeStore, type TestStore } from './testing/test-store.ts';
import { WarmScreens } from './warm-screens.ts';

let store: TestStore;
let recorder: Recorder;
const written = 'some\x1b[31mthing\r\n';
beforeEach(async () => {
  store = await makeStore();
  ({ recorder } = await store.open());
  recorder.output(Buffer.from(written));
  await recorder.flush();
});
afterEach(async () => {
  await recorder.seal('closed');
  await store[Symbol.asyncDispose]();
});

const nobody = () => false;
const screenBytes = 24 * 80 * 12;

async function ask(screens: WarmScreens, key: string, isBusy: (key: string) => boolean = nobody) {
  const follower = screens.take(key, recorder.source);
  await follower.follow(written.length);
  screens.makeRoom((other) => other === key || isBusy(other));
  return follower;
}

test('too many push out those that were not asked for longest', async () => {
  const screens = new WarmScreens({ mostWarm: 2 });
  for (const key of ['a', 'b', 'a', 'c']) await ask(screens, key);
  expect(screens.kept).toEqual({ warm: ['a', 'c'], cold: ['b'] });
});

test('large ones push out sooner than their number would', async () => {
  const screens = new WarmScreens({ mostWarmBytes: 2 * screenBytes });
  for (const key of ['a', 'b', 'c']) await ask(screens, key);
  expect(screens.kept.warm).toEqual(['b', 'c']);
  const { model } = screens.take('c', recorder.source);
  model.resize({ columns: 400, rows: 100 });
  await ask(screens, 'd');
  expect(screens.kept).toEqual({ warm: ['d'], cold: ['a', 'b', 'c'] });
});

test('one alone stays, however large', async () => {
  const screens = new WarmScreens({ mostWarmBytes: 1 });
  await ask(screens, 'a');
  expect(screens.kept).toEqual({ warm: ['a'], cold: [] });
});

test('what somebody is at is not taken away', async () => {
  const screens = new WarmScreens({ mostWarm: 1 });
  await ask(screens, 'a');
  await ask(screens, 'b', (key) => key === 'a');
  expect(screens.kept.warm).toEqual(['a', 'b']);
  await ask(screens, 'c');
  expect(screens.kept).toEqual({ warm: ['c'], cold: ['a', 'b'] });
});

test('what was dropped comes back as it was', async () => {
  const screens = new WarmScreens({ mostWarm: 1 });
  const restore = (await ask(screens, 'a')).snapshot();
  await ask(screens, 'b');
  expect((await ask(screens, 'a')).snapshot()).toEqual(restore);
});

test('snapshots are kept as far as there is room, the last ones', async () => {
  const [one] = [(await ask(new WarmScreens(), 'a')).snapshot().restore.length];
  const screens = new WarmScreens({ mostWarm: 1, mostColdBytes: 8.5 * one });
  for (let i = 0; i < 12; i += 1) await ask(screens, `s${i}`);
  expect(screens.kept.cold).toEqual(['s3', 's4', 's5', 's6', 's7', 's8', 's9', 's10']);
});

test('one that is half read is not kept, since it would come back as another', async () => {
  const screens = new WarmScreens({ mostWarm: 1 });
  const half = screens.take('a', recorder.source);
  const output = `\x1b]2;${'x'.repeat(100_000)}\x07`;
  recorder.output(Buffer.from(output));
  await recorder.flush();
  const reading = half.reading(written.length + output.length);
  while (half.offset <= written.length) await reading.next();
  expect(half.isWhole).toBe(false);
  await ask(screens, 'b');
  expect(screens.kept).toEqual({ warm: ['b'], cold: [] });
});

test('what is forgotten begins again', async () => {
  const screens = new WarmScreens({ mostWarm: 1 });
  await ask(screens, 'a');
  screens.forget('a');
  expect(screens.take('a', recorder.source).offset).toBe(0);
  await ask(screens, 'b');
  screens.forget('a');
  expect(screens.kept).toEqual({ warm: ['b'], cold: [] });
});
