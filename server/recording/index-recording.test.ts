/**
 * The contract: a recording that is read to its end gets an index, from whose keyframes the screen becomes exactly what
 * it was, and which says where the bytes after them are; whatever keeps a recording from being played is named in a
 * sentence; a pass that is repeated or cut off leaves one whole index or none; the recording itself is never touched.
 * Where text is asked for, it comes with the same pass, each line at the moment of its output.
 */
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeIndexHeader,
  decodeIndexTail,
  type IndexHeader,
  type IndexTail,
  indexHeaderBytes,
} from '../protocol/recording-index.ts';
import { createTimingParser } from '../protocol/typescript.ts';
import { parseEvents } from '../protocol/typescript-events.ts';
import { indexRecording } from './index-recording.ts';
import { createIndexer, type Indexer } from './indexer.ts';
import { maskText } from './line-masking.ts';
import { ScreenModel } from './screen-model.ts';
import { makePrints, printKey } from './secret-prints.ts';
import type { LiveCounts } from './self-check.ts';
import { bundleIndexWorker } from './testing/screen-worker-file.ts';
import { feed, makeStore, type Opened, outputIn, size, type TestStore } from './testing/test-store.ts';
import { textLimits } from './text-gathering.ts';
import { verifyRecording } from './verify.ts';

const KiB = 1024;

/** Output that moves, colours and fills the screen, in pieces that no character or sequence cares for. */
function* colourful(bytes: number): Generator<Buffer> {
  const line = (n: number) =>
    `\x1b[${31 + (n % 7)}mline ${n} of much\x1b[0m café 漢字 🙂 \x1b[${1 + (n % 20)};5Hhere\r\n`;
  let given = 0;
  let rest = Buffer.alloc(0);
  for (let n = 0; given < bytes; n += 1) {
    rest = Buffer.concat([rest, Buffer.from(line(n))]);
    if (rest.length < 7001) continue;
    yield rest.subarray(0, 7001);
    given += 7001;
    rest = Buffer.from(rest.subarray(7001));
  }
  yield rest;
}

async function readIndex(folder: string): Promise<{ header: IndexHeader; tail: IndexTail; bytes: Buffer }> {
  const bytes = await readFile(join(folder, 'index.bin'));
  const header = decodeIndexHeader(bytes.subarray(0, indexHeaderBytes));
  const tail =
    header && decodeIndexTail(header, bytes.subarray(header.tailOffset, header.tailOffset + header.tailBytes));
  if (!header || !tail) throw new Error('index.bin is no index.');
  return { header, tail, bytes };
}

async function record(room: TestStore, act: (opened: Opened) => Promise<void>) {
  const opened = await room.open();
  await act(opened);
  const sealed = await opened.recorder.seal('closed');
  const order = { root: room.root, path: opened.path, sealed: { bytes: sealed.bytes, durationMs: sealed.durationMs } };
  return { ...opened, order, sealed };
}

const large = (room: TestStore) =>
  record(room, async ({ recorder }) => {
    await feed(recorder, colourful(1500 * KiB));
    recorder.event({ type: 'resize', columns: 100, rows: 30 });
    recorder.event({ type: 'policy', text: 'Nothing may be pasted.' });
    await feed(recorder, colourful(1500 * KiB));
    recorder.event({ type: 'input', text: 'secret' });
    recorder.event({ type: 'resize', columns: 60, rows: 20 });
    await feed(recorder, colourful(300 * KiB));
  });

/** The screen after the first `end` bytes, with the resizes among them in their places. */
async function straightTo(folder: string, end: number): Promise<ScreenModel> {
  const output = await outputIn(folder);
  const model = new ScreenModel(size, { scrollback: 200 });
  let at = 0;
  for (const event of parseEvents(await readFile(join(folder, 'events.ndjson'), 'utf8'))) {
    if (event.type !== 'resize' || event.offset >= end) continue;
    await model.write(output.subarray(at, event.offset));
    at = event.offset;
    model.resize(event);
  }
  await model.write(output.subarray(at, end));
  return model;
}

describe('an index', () => {
  it('has keyframes from which the screen is what it was', async () => {
    await using room = await makeStore();
    const { folder, order } = await large(room);
    expect(await indexRecording(order)).toMatchObject({ problems: [] });
    const { tail, bytes } = await readIndex(folder);
    expect(tail.keyframes.length).toBeGreaterThanOrEqual(3);
    for (const { dataOffset, restoreOffset, restoreBytes, columns, rows } of tail.keyframes) {
      const restored = new ScreenModel({ columns, rows }, { scrollback: 200 });
      await restored.write(bytes.subarray(restoreOffset, restoreOffset + restoreBytes));
      const straight = await straightTo(folder, dataOffset);
      expect(restored.lines()).toEqual(straight.lines());
      expect(Buffer.from(restored.restoreBytes()).equals(straight.restoreBytes())).toBe(true);
      restored.dispose();
      straight.dispose();
    }
  });

  it('says where in each file what comes after a keyframe begins', async () => {
    await using room = await makeStore();
    const { folder, order } = await large(room);
    await indexRecording(order);
    const { header, tail } = await readIndex(folder);
    const timing = await readFile(join(folder, 'typescript.timing'));
    const events = await readFile(join(folder, 'events.ndjson'));
    for (const keyframe of tail.keyframes) {
      const steps = createTimingParser().push(timing.subarray(0, keyframe.timingOffset));
      expect(steps.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(keyframe.dataOffset);
      expect(steps.reduce((sum, { delayUs }) => sum + delayUs, 0) / 1000).toBeCloseTo(keyframe.elapsedMs, 6);
      const [next] = createTimingParser().push(timing.subarray(keyframe.timingOffset));
      expect(keyframe.nextMs - keyframe.elapsedMs).toBeCloseTo((next?.delayUs ?? 0) / 1000, 3);
      const isBefore = ({ offset }: { offset: number }) => offset < keyframe.dataOffset;
      expect(parseEvents(events.subarray(0, keyframe.eventsOffset).toString()).every(isBefore)).toBe(true);
      expect(parseEvents(events.subarray(keyframe.eventsOffset).toString()).some(isBefore)).toBe(false);
    }
    expect(header).toMatchObject({ timingBytes: timing.length, eventsBytes: events.length, ...size });
    expect(header.outputBytes).toBe((await outputIn(folder)).length);
  });

  it('tells what happened and how much was written, and of nothing that was typed', async () => {
    await using room = await makeStore();
    const { folder, order } = await large(room);
    await indexRecording(order);
    const { header, tail, bytes } = await readIndex(folder);
    expect(tail.marks.map(({ type }) => type)).toEqual(['start', 'resize', 'policy', 'resize']);
    expect(tail.activity.reduce((sum, count) => sum + count, 0)).toBe(header.outputBytes);
    expect(bytes.includes('secret')).toBe(false);
  });

  it('of a recording with many small steps has keyframes by its timing', async () => {
    let nowMs = 0;
    await using room = await makeStore({ monotonicMs: () => (nowMs += 1) });
    const { folder, order } = await record(room, async ({ recorder }) => {
      for (let n = 0; n < 12_000; n += 1) {
        recorder.output(Buffer.from(n % 70 === 69 ? '\r\n' : 'x'));
        recorder.event({ type: 'resize', columns: 80, rows: 24 }); // ends the step
      }
    });
    expect(await indexRecording(order)).toMatchObject({ problems: [] });
    const { tail } = await readIndex(folder);
    expect(tail.keyframes.length).toBeGreaterThan(1);
    const gaps = tail.keyframes.map(({ timingOffset }, i) => timingOffset - (tail.keyframes[i - 1]?.timingOffset ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(70 * KiB);
  });

  it('has no keyframe within a sequence that never ends', async () => {
    await using room = await makeStore();
    const { folder, order } = await record(room, ({ recorder }) =>
      feed(recorder, [Buffer.from('shown\x1b]0;'), ...Array.from({ length: 40 }, () => Buffer.alloc(64 * KiB, 'x'))]),
    );
    expect(await indexRecording(order)).toMatchObject({ problems: [] });
    expect((await readIndex(folder)).tail.keyframes).toHaveLength(1);
  });

  it.each([
    ['repeats a character for ever', 'x\x1b[2147483647b'],
    ['scrolls for ever', '\x1b[2147483647S'],
    ['erases what is before the last corner', '\x1b[24;80H\x1b[1J'],
  ])('attack: is made of what a host wrote that %s', async (_what, bytes) => {
    await using room = await makeStore();
    const { order, folder } = await record(room, async ({ recorder }) => {
      await feed(recorder, [Buffer.from(bytes), Buffer.from('\x1b[Hdone')]);
    });
    expect((await indexRecording(order)).problems).toEqual([]);
    expect((await readIndex(folder)).header.outputBytes).toBe(bytes.length + 7);
  });

  it('of an empty recording is there too', async () => {
    await using room = await makeStore();
    const { folder, order } = await record(room, async () => undefined);
    expect(await indexRecording(order)).toMatchObject({ problems: [] });
    const { header, tail } = await readIndex(folder);
    expect(header.outputBytes).toBe(0);
    expect(tail.keyframes).toMatchObject([{ elapsedMs: 0, nextMs: header.durationMs, restoreBytes: 0 }]);
  });

  it('is for its owner alone, leaves the evidence as it was, and is made again as it was', async () => {
    await using room = await makeStore();
    const { folder, order, sessionId, sealed } = await large(room);
    await writeFile(join(folder, 'index.bin.partial'), 'left by a pass that was cut off');
    const { indexBytes } = await indexRecording(order);
    const { bytes } = await readIndex(folder);
    expect(bytes.length).toBe(indexBytes);
    await indexRecording(order);
    expect((await readIndex(folder)).bytes.equals(bytes)).toBe(true);
    expect((await stat(join(folder, 'index.bin'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).not.toContain('index.bin.partial');
    const verdict = await verifyRecording({
      folder,
      sessionId,
      publicKeyPem: room.key.publicKeyPem,
      sealedHead: sealed.head,
    });
    expect(verdict).toMatchObject({ state: 'intact', findings: [] });
  });

  it('attack: a link in its place is replaced, and what it points to stays', async () => {
    await using room = await makeStore();
    const { folder, order } = await record(room, async ({ recorder }) => recorder.output(Buffer.from('x')));
    const elsewhere = join(room.root, 'elsewhere');
    await writeFile(elsewhere, 'precious');
    await symlink(elsewhere, join(folder, 'index.bin'));
    await symlink(elsewhere, join(folder, 'index.bin.partial'));
    await indexRecording(order);
    expect(await readFile(elsewhere, 'utf8')).toBe('precious');
    expect((await readIndex(folder)).header.outputBytes).toBe(1);
  });
});

describe('text', () => {
  const key = printKey('a secret of the installation', 'session');
  const order = { key, prints: makePrints(key, ['hunter22']) };

  it('comes from the same pass, at its moments, through resizes, with secrets masked', async () => {
    let nowMs = 0;
    await using room = await makeStore({ monotonicMs: () => nowMs });
    const { folder, order: of } = await record(room, async ({ recorder }) => {
      const say = (atMs: number, text: string) => {
        nowMs = atMs;
        recorder.output(Buffer.from(text));
      };
      say(1000, '$ echo hunt');
      recorder.event({ type: 'resize', columns: 100, rows: 30 }); // ends the step
      say(2000, 'er22\r\nhunter22\r\n\x1b[2J');
      recorder.event({ type: 'resize', columns: 80, rows: 24 });
      say(3000, '\x1b[Hlast');
    });
    const { text } = await indexRecording({ ...of, text: order });
    expect(text?.lines).toEqual([
      { elapsedMs: 1000, text: '$ echo hunt' },
      { elapsedMs: 2000, text: `$ echo ${maskText}` },
      { elapsedMs: 2000, text: maskText },
      { elapsedMs: 3000, text: 'last' },
    ]);
    expect((await readIndex(folder)).bytes.includes('hunter22')).toBe(false);
    expect(await indexRecording(of)).toMatchObject({ text: undefined });
  });

  it('of a flood is as much as a session may have, and says from when on there was more', async () => {
    await using room = await makeStore();
    const { order: of } = await large(room);
    const { text } = await indexRecording({ ...of, text: order });
    expect(text?.lines.length).toBeGreaterThanOrEqual(textLimits.lines / 2);
    expect(text?.leftOutFromMs).toBeGreaterThan(0);
    const times = text?.lines.map(({ elapsedMs }) => elapsedMs) ?? [];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(text?.lines.some((line) => line.text.includes('line 700 of much café 漢字 🙂'))).toBe(true);
  });

  it('of a recording that cannot be read is none', async () => {
    await using room = await makeStore();
    const { folder, order: of } = await record(room, async ({ recorder }) => recorder.output(Buffer.from('x')));
    await rm(join(folder, 'typescript'));
    expect(await indexRecording({ ...of, text: order })).toMatchObject({ indexBytes: 0 });
  });
});

describe('the check', () => {
  const short = async (room: TestStore) =>
    record(room, async ({ recorder }) => {
      recorder.output(Buffer.from('hello'));
      recorder.event({ type: 'resize', columns: 90, rows: 30 });
      recorder.output(Buffer.from('world'));
    });

  it.each<[string, (folder: string) => Promise<void>, RegExp]>([
    ['output that is missing', async (f) => truncate(join(f, 'typescript'), 60), /typescript/],
    ['output that was added', (f) => appendFile(join(f, 'typescript'), 'more'), /typescript has bytes/],
    ['timing that was cut', async (f) => truncate(join(f, 'typescript.timing'), 5), /unreadable from byte 0/],
    ['timing that is none', (f) => writeFile(join(f, 'typescript.timing'), 'nonsense'), /unreadable from byte 0/],
    ['timing of more than there is', (f) => appendFile(join(f, 'typescript.timing'), '1.000000 50\n'), /lines: 3/],
    ['an event that is none', (f) => appendFile(join(f, 'events.ndjson'), '{"at":1}\n'), /Line 3 of the events/],
    ['no events', (f) => writeFile(join(f, 'events.ndjson'), ''), /begin with the start/],
    ['no manifest', (f) => rm(join(f, 'manifest.json')), /manifest is missing/],
    ['a typescript that is gone', (f) => rm(join(f, 'typescript')), /typescript is missing/],
    ['a folder that is gone', (f) => rm(f, { recursive: true }), /folder is gone/],
    ['a typescript without a header', (f) => writeFile(join(f, 'typescript'), 'x'), /no header line/],
  ])('names %s', async (_, damage, sentence) => {
    await using room = await makeStore();
    const { folder, order } = await short(room);
    await damage(folder);
    const { problems } = await indexRecording(order);
    expect(problems.join(' ')).toMatch(sentence);
  });

  it.each([0, -5, 2_000_000_000])(
    'attack: a screen of %d columns takes no memory and stops nothing',
    async (columns) => {
      await using room = await makeStore();
      const { folder, order } = await short(room);
      const events = await readFile(join(folder, 'events.ndjson'), 'utf8');
      await writeFile(join(folder, 'events.ndjson'), events.replace(/"columns":\d+/g, `"columns":${columns}`));
      await indexRecording(order);
      expect((await readIndex(folder)).header).toMatchObject({ columns: 80, rows: 24, outputBytes: 10 });
    },
  );

  it('compares with what the database knows', async () => {
    await using room = await makeStore();
    const { order } = await short(room);
    const { bytes, durationMs } = order.sealed;
    expect((await indexRecording({ ...order, sealed: { bytes: bytes + 1, durationMs } })).problems).toEqual([
      `The manifest says bytes: ${bytes}; the database says ${bytes + 1}.`,
    ]);
    const longer = { bytes, durationMs: durationMs + 5 };
    expect((await indexRecording({ ...order, sealed: longer })).problems.join()).toContain('milliseconds');
  });

  describe('compares with what the live session counted', () => {
    const live: LiveCounts = { bytesOut: 10, reason: 'exited', exitStatus: 0 };
    async function problemsWhen(
      counted: Partial<LiveCounts>,
      exit: { exitStatus?: number } | null = { exitStatus: 0 },
    ) {
      await using room = await makeStore();
      const { order } = await record(room, async ({ recorder }) => {
        recorder.output(Buffer.from('0123456789'));
        if (exit) recorder.event({ type: 'exit', reason: 'exited', ...exit });
      });
      return (await indexRecording({ ...order, sealed: { ...order.sealed, live: { ...live, ...counted } } })).problems;
    }

    it('and finds nothing where both are the same', async () => {
      expect(await problemsWhen({})).toEqual([]);
    });

    it('attack: output that was shown and is not in an otherwise perfect recording', async () => {
      expect(await problemsWhen({ bytesOut: 4_000 })).toEqual([
        'The typescript has bytes of output: 10; the session says 4000.',
      ]);
    });

    it.each([{ reason: 'terminated' }, { exitStatus: 1 }, { exitStatus: null }])(
      'attack: another end than the session had, %j',
      async (counted) => {
        expect(await problemsWhen(counted)).toEqual(['The events do not close with the end that the session had.']);
      },
    );

    it('and misses an end that was never written', async () => {
      expect(await problemsWhen({}, null)).toHaveLength(1);
    });
  });

  it('asks for no manifest where none was promised', async () => {
    await using room = await makeStore();
    const { folder, order } = await short(room);
    await rm(join(folder, 'manifest.json'));
    expect(await indexRecording({ ...order, sealed: undefined })).toMatchObject({ problems: [] });
  });

  it('says nothing of a recording that cannot be read now', async () => {
    await using room = await makeStore();
    const { folder, order } = await short(room);
    await rm(join(folder, 'typescript'));
    await symlink('/etc/hostname', join(folder, 'typescript'));
    await expect(indexRecording(order)).rejects.toThrow();
    await expect(indexRecording({ ...order, path: '../../etc' })).rejects.toThrow(TypeError);
  });
});

describe('the thread', () => {
  let bundled: Awaited<ReturnType<typeof bundleIndexWorker>>;
  let folder: string;
  let indexer: Indexer;

  beforeAll(async () => {
    bundled = await bundleIndexWorker();
    folder = bundled.folder;
    indexer = createIndexer(bundled.url);
  });
  afterAll(async () => {
    await indexer.stop();
    await rm(folder, { recursive: true });
  });

  it('reads one recording after the other, and goes on after one that cannot be read', async () => {
    await using room = await makeStore();
    const first = await large(room);
    const second = await large(room);
    const done = await Promise.allSettled([
      indexer.index(first.order),
      indexer.index({ ...first.order, path: '../sideways' }),
      indexer.index({ ...second.order, text: { key: printKey('x', 'y'), prints: [] } }),
    ]);
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(done[2]).toMatchObject({ value: { text: { lines: expect.arrayContaining([expect.anything()]) } } });
    expect((await readIndex(second.folder)).tail.keyframes.length).toBeGreaterThan(1);
  });

  it('attack: output that takes a terminal for days does not keep the next recording waiting', {
    timeout: 60_000,
  }, async () => {
    await using room = await makeStore();
    const asked: number[] = [];
    const impatient = createIndexer(bundled.url, { mostMsFor: (bytes) => asked.push(bytes) && 5_000 });
    const flood = Buffer.from('\x1b[9999L'.repeat(8_000));
    const hostile = await record(room, async ({ recorder }) => {
      for (let n = 0; n < 20; n += 1) recorder.output(flood);
    });
    const usual = await record(room, async ({ recorder }) => recorder.output(Buffer.from('what was done')));
    const [stuck, next] = await Promise.all([impatient.index(hostile.order), impatient.index(usual.order)]);
    await impatient.stop();
    expect(stuck).toEqual({ indexBytes: 0, problems: [expect.stringContaining('takes a terminal too long')] });
    expect(next).toMatchObject({ problems: [] });
    expect(asked).toEqual([hostile.order.sealed.bytes, usual.order.sealed.bytes]);
    expect(existsSync(join(hostile.folder, 'index.bin'))).toBe(false);
  });

  it('that cannot be started, or is stopped, rejects and leaves no index', async () => {
    await using room = await makeStore();
    const { order, folder: of } = await large(room);
    const nowhere = createIndexer(new URL('file:///nowhere/index-worker.mjs'));
    await expect(nowhere.index(order)).rejects.toThrow('The thread that reads recordings');
    await nowhere.stop();
    await expect(nowhere.index(order)).rejects.toThrow('stopping');
    expect(existsSync(join(of, 'index.bin'))).toBe(false);
  });
});
