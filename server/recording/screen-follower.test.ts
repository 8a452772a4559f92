/**
 * The screen of a recording that is being written: whenever somebody asks, it is the screen that somebody at the session
 * sees, of whatever size the terminal had by then, up to the last whole sequence; what comes after goes on from there.
 * Nothing of it disturbs the recorder. It works as well for output that is kept without a name.
 */
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { ScreenFollower, type ScreenSnapshot } from './screen-follower.ts';
import { ScreenModel } from './screen-model.ts';
import { makeStore, makeSubject, size } from './testing/test-store.ts';

async function linesOf(snapshot: ScreenSnapshot, rest = ''): Promise<string[]> {
  const model = new ScreenModel(snapshot);
  await model.write(snapshot.restore);
  await model.write(Buffer.from(rest));
  return model.lines();
}

describe('a recording that runs', () => {
  test('is shown as it stands, and again when more has come', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    const follower = new ScreenFollower(recorder.source);
    recorder.output(Buffer.from('one\r\ntwo\x1b[5;5H'));
    await recorder.flush();
    await follower.follow(15);
    const first = follower.snapshot();
    expect(first).toMatchObject({ offset: 14, columns: 80, rows: 24 });
    expect(await linesOf(first, 'here')).toEqual(expect.arrayContaining(['one', 'two', '    here']));

    recorder.output(Buffer.from('\x1b[2Jnew'));
    await recorder.flush();
    await follower.follow(21);
    expect((await linesOf(follower.snapshot())).join('')).toBe('    new');
    follower.dispose();
    await recorder.seal('closed');
  });

  test('follows the size of the terminal, also in the middle of a sequence', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from(`${'x'.repeat(100)}\r\n\x1b[3`));
    recorder.event({ type: 'resize', columns: 40, rows: 10 });
    recorder.output(Buffer.from('1mred'));
    recorder.event({ type: 'resize', columns: 20, rows: 5 });
    await recorder.flush();
    const follower = new ScreenFollower(recorder.source);
    await follower.follow(110);
    const snapshot = follower.snapshot();
    expect(snapshot).toMatchObject({ columns: 20, rows: 5, offset: 110 });

    const seen = new ScreenModel(size);
    await seen.write(Buffer.from(`${'x'.repeat(100)}\r\n\x1b[3`));
    seen.resize({ columns: 40, rows: 10 });
    await seen.write(Buffer.from('1mred'));
    seen.resize({ columns: 20, rows: 5 });
    expect(await linesOf(snapshot)).toEqual(seen.lines());
    await recorder.seal('closed');
  });

  test('stops before a sequence that is half written, and shows it once it is whole', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from('text\x1b]2;a title that is not'));
    await recorder.flush();
    const follower = new ScreenFollower(recorder.source);
    await follower.follow(27);
    expect(follower.offset).toBe(4);
    recorder.output(Buffer.from(' over\x07 and on'));
    await recorder.flush();
    await follower.follow(40);
    expect(follower.offset).toBe(40);
    expect((await linesOf(follower.snapshot()))[0]).toBe('text and on');
    await recorder.seal('closed');
  });

  test('goes on from an earlier snapshot without reading what came before', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from('before\r\n'));
    await recorder.flush();
    const early = new ScreenFollower(recorder.source);
    await early.follow(8);
    const snapshot = early.snapshot();
    early.dispose();
    recorder.event({ type: 'resize', columns: 60, rows: 12 });
    recorder.output(Buffer.from('after'));
    await recorder.flush();
    const late = new ScreenFollower(recorder.source, snapshot);
    await late.follow(13);
    expect(late.snapshot()).toMatchObject({ offset: 13, columns: 60, rows: 12 });
    expect((await linesOf(late.snapshot())).slice(0, 2)).toEqual(['before', 'after']);
    await recorder.seal('closed');
  });

  test('is shown although its host never ends a sequence', async () => {
    await using store = await makeStore();
    const { recorder } = await store.open();
    recorder.output(Buffer.from('shown\x1b]52;'));
    for (let i = 0; i < 20; i += 1) recorder.output(Buffer.alloc(64 * 1024, 'A'));
    await recorder.flush();
    const follower = new ScreenFollower(recorder.source);
    await follower.follow(10 + 20 * 64 * 1024);
    expect(follower.offset).toBeGreaterThan(20 * 64 * 1024 - 256 * 1024);
    expect(follower.model.lines()[0]).toBe('shown');
    await recorder.seal('closed');
  });
});

describe('output that is not to be recorded', () => {
  test('is kept without a name, shown like any other, and gone at the end', async () => {
    await using store = await makeStore();
    const failures: Error[] = [];
    const scratch = await store.store.openScratch(makeSubject(), size, { onFailure: (error) => failures.push(error) });
    expect(await readdir(store.root)).toEqual([]);
    for (let i = 0; i < 40; i += 1) scratch.output(Buffer.alloc(64 * 1024, 'y'));
    scratch.output(Buffer.from('\x1b[2J\x1b[Hleft'));
    scratch.event({ type: 'resize', columns: 30, rows: 3 });
    await scratch.flush();
    const follower = new ScreenFollower(scratch.source);
    await follower.follow(40 * 64 * 1024 + 11);
    expect(follower.snapshot()).toMatchObject({ columns: 30, rows: 3 });
    expect(follower.model.lines()[0]).toBe('left');
    await scratch.discard();
    expect(failures).toEqual([]);
    expect(await readdir(store.root)).toEqual([]);
  });
});
