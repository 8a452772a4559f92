/**
 * Contract: what a browser is shown has no gap and nothing twice, also when the host says more while the last of it is
 * written or read; and what is kept stays open for as long as it is read, and no longer. Over real files.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Recorder, RecordingSource } from '../recording/port.ts';
import type { Screens } from '../recording/screens.ts';
import { makeStore, type TestStore } from '../recording/testing/test-store.ts';
import { currentScreen } from './current-screen.ts';
import type { KeptOutput } from './kept-output.ts';

let store: TestStore;
let recorder: Recorder;
let total: number;
let held: boolean;
/** What happens before the n-th flush is done, and during the making of the screen. */
let onFlush: ((nth: number) => void) | undefined;
let onSnapshot: (() => void | Promise<void>) | undefined;

beforeEach(async () => {
  store = await makeStore();
  ({ recorder } = await store.open());
  total = 0;
  held = false;
  onFlush = undefined;
  onSnapshot = undefined;
});
afterEach(async () => {
  await recorder.seal('closed').catch(() => undefined);
  await store[Symbol.asyncDispose]();
});

function say(text: string): void {
  recorder.output(Buffer.from(text));
  total += text.length;
}

/** As a disk does that takes its time: what came before the call is written, and the host speaks meanwhile. */
function keptOutput(): KeptOutput {
  let flushes = 0;
  return {
    output: () => true,
    event: () => undefined,
    async flush() {
      await recorder.flush();
      flushes += 1;
      onFlush?.(flushes);
    },
    read: (work) => recorder.read(work),
    onDrain: undefined,
    onLost: undefined,
  };
}

const screens: Pick<Screens, 'follow' | 'snapshot'> = {
  follow: async () => undefined,
  async snapshot({ end }) {
    await onSnapshot?.();
    return { columns: 80, rows: 24, offset: end, restore: Buffer.from(`[${end}]`) };
  },
};

const show = (parsedBytes: number | null) =>
  currentScreen({
    key: 'session',
    kept: keptOutput(),
    screens: screens as Screens,
    total: () => total,
    hold: () => {
      held = true;
    },
    parsedBytes,
  });

describe('what comes while a screen is shown', () => {
  it.each([1, 2, 3])('is part of it when it came at flush number %d', async (which) => {
    say('before ');
    onFlush = (nth) => nth === which && say('on its way');
    const { screen, from, rest } = await show(null);
    expect(held).toBe(true);
    expect(Buffer.from(screen).toString()).toBe(`[${from}]`);
    expect(`${'before on its way'.slice(0, from)}${rest}`).toBe('before on its way');
  });

  it('is part of it when it came while the screen was made', async () => {
    say('before ');
    onSnapshot = () => say('on its way');
    expect(await show(null)).toMatchObject({ from: 7, rest: Buffer.from('on its way') });
  });

  it('is part of it for a browser that goes on with what it shows', async () => {
    say('known and new');
    onFlush = (nth) => nth === 1 && say(' and newer');
    expect(await show(5)).toMatchObject({
      from: 5,
      screen: new Uint8Array(0),
      rest: Buffer.from(' and new and newer'),
    });
  });
});

describe('what is kept', () => {
  it('stays open under a reader when its recorder fails, so that no other file is read', async () => {
    say('mine');
    let source: RecordingSource | undefined;
    onSnapshot = async () => {
      ({ source } = recorder);
      recorder.output(Buffer.alloc(33 * 1024 * 1024)); // more than its queue holds: it gives up
      await expect(recorder.flush()).rejects.toThrow(/did not keep up/);
      // Whoever opens something now would get the numbers of files that were closed.
      const other = await store.open();
      other.recorder.output(Buffer.from('somebody else’s'));
      await other.recorder.flush();
      const numbers = [other.recorder.source.dataFd, other.recorder.source.eventsFd];
      expect(numbers).not.toContain(source.dataFd);
      expect(numbers).not.toContain(source.eventsFd);
      await other.recorder.seal('closed');
    };
    await expect(show(null)).rejects.toThrow(/did not keep up/);
    await expect(recorder.read(async () => 'read')).rejects.toThrow('These files are closed.');
  });
});
