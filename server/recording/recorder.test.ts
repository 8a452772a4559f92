/**
 * The contract: what scriptreplay prints is what the host wrote, byte for byte, however it was cut into packets; output
 * costs one small wait and nothing else; a slow disk becomes pressure, a failing one becomes exactly one failure; and
 * every closed segment is on disk before anyone hears its head.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createTimingParser } from '../protocol/typescript.ts';
import { parseEvents } from '../protocol/typescript-events.ts';
import { parseManifest } from './manifest.ts';
import { pressureBytes } from './recorder.ts';
import { countOpenFiles, feed, makeStore, type Opened, outputIn, replay } from './testing/test-store.ts';

const MiB = 1024 * 1024;

async function stepsIn(folder: string) {
  return createTimingParser().push(await readFile(join(folder, 'typescript.timing')));
}

async function manifestIn(folder: string) {
  return parseManifest(await readFile(join(folder, 'manifest.json'), 'utf8'));
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Text of one to four bytes a character, cut into packets of odd sizes, so that most cuts fall inside one. */
function* floodOf(totalBytes: number): Generator<Buffer> {
  const text = Buffer.from('$ ls -la \u001b[1;32mgrün\u001b[0m €uro 日本語 😀\r\n'.repeat(2000));
  for (let sent = 0, turn = 0; sent < totalBytes; turn += 1) {
    const length = Math.min(1 + ((turn * 7919) % 40_000), totalBytes - sent);
    const at = (turn * 104_729) % (text.length - 40_000);
    yield text.subarray(at, at + length);
    sent += length;
  }
}

describe('what was recorded', () => {
  it('is played by scriptreplay byte for byte: a 20 MB flood with characters split between packets', async () => {
    await using room = await makeStore();
    const { recorder, folder, segments } = await room.open();
    const given = createHash('sha256');
    const taken = function* () {
      for (const chunk of floodOf(20 * MiB)) {
        given.update(chunk);
        yield chunk;
      }
    };
    await feed(recorder, taken());
    const sealed = await recorder.seal('closed');
    const expected = given.digest('hex');
    expect(sha256(await outputIn(folder))).toBe(expected);
    expect(sha256(await replay(folder))).toBe(expected);
    expect(segments.map(({ seq }) => seq)).toEqual(segments.map((_, index) => index + 1));
    expect(segments.length).toBeGreaterThanOrEqual(15);
    expect(segments.at(-1)?.head).toBe(sealed.head);
    expect(sealed.bytes).toBe(readFileSync(join(folder, 'typescript')).length);
  });

  it('does not change when the caller reuses its buffer', async () => {
    await using room = await makeStore();
    const { recorder, folder } = await room.open();
    const buffer = Buffer.from('evidence');
    recorder.output(buffer);
    buffer.fill('x');
    await recorder.seal('closed');
    expect((await outputIn(folder)).toString()).toBe('evidence');
  });

  it('may be nothing at all', async () => {
    await using room = await makeStore();
    const { recorder, folder } = await room.open();
    recorder.output(new Uint8Array(0));
    await recorder.seal('closed');
    expect(await stepsIn(folder)).toEqual([]);
    expect(await manifestIn(folder)).toMatchObject({ outputBytes: 0, segments: 1, reason: 'closed', gaps: [] });
  });

  it('is counted in the manifest as it is on disk', async () => {
    await using room = await makeStore();
    const { recorder, folder, sessionId } = await room.open();
    await feed(recorder, floodOf(3 * MiB));
    recorder.event({ type: 'exit', reason: 'exited', exitStatus: 0 });
    const sealed = await recorder.seal('exited');
    const manifest = await manifestIn(folder);
    const text = await readFile(join(folder, 'manifest.json'));
    expect(sealed.manifestSha256).toBe(sha256(text));
    expect(manifest).toMatchObject({
      sessionId,
      reason: 'exited',
      outputBytes: 3 * MiB,
      head: sealed.head,
      files: {
        typescript: { bytes: sealed.bytes },
        'typescript.timing': { lines: (await stepsIn(folder)).length },
        'events.ndjson': { lines: 2, bytes: (await readFile(join(folder, 'events.ndjson'))).length },
      },
    });
  });
});

describe('time', () => {
  it('is kept per step in exact microseconds, from the first byte of each', async () => {
    let ms = 1000;
    await using room = await makeStore({ monotonicMs: () => ms, limits: { coalesceMs: 60_000, stepBytes: 10 } });
    const { recorder, folder } = await room.open();
    ms += 0.25;
    recorder.output(Buffer.from('first'));
    ms += 2000;
    recorder.output(Buffer.from('same step, then'));
    ms += 61_000.000_4;
    recorder.output(Buffer.from('last'));
    await recorder.seal('closed');
    expect(await stepsIn(folder)).toEqual([
      { delayUs: 250, bytes: 10 },
      { delayUs: 2_000_000, bytes: 10 },
      { delayUs: 61_000_000, bytes: 4 },
    ]);
  });

  it('of one echo and the next stays apart, while a burst becomes one step', async () => {
    await using room = await makeStore({ limits: { coalesceMs: 5 } });
    const { recorder, folder } = await room.open();
    for (const letter of 'burst') recorder.output(Buffer.from(letter));
    await vi.waitFor(async () => expect(await stepsIn(folder)).toHaveLength(1));
    recorder.output(Buffer.from('again'));
    await vi.waitFor(async () => expect(await stepsIn(folder)).toHaveLength(2));
    await recorder.seal('closed');
    expect((await stepsIn(folder)).map(({ bytes }) => bytes)).toEqual([5, 5]);
  });

  it('of an event is told in clock, milliseconds and bytes, and a resize falls between two steps', async () => {
    let ms = 0;
    await using room = await makeStore({ monotonicMs: () => ms });
    const { recorder, folder } = await room.open();
    recorder.output(Buffer.from('before'));
    ms += 1234.9;
    recorder.event({ type: 'resize', columns: 132, rows: 50 });
    recorder.output(Buffer.from('after'));
    await recorder.seal('closed');
    const [, resize] = parseEvents(await readFile(join(folder, 'events.ndjson'), 'utf8'));
    expect(resize).toMatchObject({ type: 'resize', columns: 132, rows: 50, elapsedMs: 1234, offset: 6 });
    expect((await stepsIn(folder)).map(({ bytes }) => bytes)).toEqual([6, 5]);
  });
});

describe('a segment', () => {
  it('closes with time too, and its line is on disk before its head is told', async () => {
    await using room = await makeStore({ limits: { segmentMs: 10, syncMs: 10 } });
    const seen: string[] = [];
    const { recorder, folder, segments } = await room.open();
    const push = segments.push.bind(segments);
    segments.push = (...told) => {
      seen.push(readFileSync(join(folder, 'chain.ndjson'), 'utf8'));
      return push(...told);
    };
    await vi.waitFor(() => expect(segments).toHaveLength(1));
    recorder.output(Buffer.from('x'));
    await vi.waitFor(() => expect(segments).toHaveLength(2));
    for (const [index, { head }] of segments.entries()) expect(seen[index]).toContain(head);
    await recorder.seal('closed');
    expect(segments).toHaveLength(2);
  });
});

describe('pressure', () => {
  it('rises with output that is not written yet and goes with onDrain', async () => {
    await using room = await makeStore();
    const { recorder, folder } = await room.open();
    const drained = new Promise<number>((resolve) => {
      recorder.onDrain = () => resolve(recorder.queuedBytes);
    });
    recorder.output(Buffer.alloc(pressureBytes + 1, 'x'));
    expect(recorder.queuedBytes).toBe(pressureBytes + 1);
    expect(await drained).toBeLessThan(pressureBytes);
    await recorder.seal('closed');
    expect(recorder.queuedBytes).toBe(0);
    expect(await outputIn(folder)).toHaveLength(pressureBytes + 1);
  });

  it('that is ignored costs the recording, not the memory', async () => {
    await using room = await makeStore({ limits: { maxQueuedBytes: 8 * MiB } });
    const { recorder, failures } = await room.open();
    for (let sent = 0; sent < 64; sent += 1) recorder.output(Buffer.alloc(MiB));
    expect(failures).toHaveLength(1);
    expect(recorder.queuedBytes).toBe(0);
    await expect(recorder.seal('closed')).rejects.toBe(failures[0]);
  });
});

describe('a failing disk', () => {
  /** The soft limit only, so that it can be lifted again. Node ignores SIGXFSZ: writes fail with EFBIG. */
  function setFileSizeLimit(soft: string): void {
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:unlimited`]);
  }

  async function expectOneFailure({ recorder, failures }: Opened, code: string) {
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toMatchObject({ code });
    recorder.output(Buffer.from('dropped'));
    recorder.event({ type: 'resize', columns: 80, rows: 24 });
    expect(recorder.queuedBytes).toBe(0);
    await expect(recorder.seal('closed')).rejects.toBe(failures[0]);
    expect(failures).toHaveLength(1);
  }

  it('in the middle of a write is told once; what was written whole can be sealed afterwards', async () => {
    await using room = await makeStore({ limits: { stepBytes: 1024 } });
    const opened = await room.open();
    opened.recorder.output(Buffer.alloc(10_240, 'a'));
    await vi.waitFor(() => expect(opened.recorder.queuedBytes).toBe(0));
    setFileSizeLimit('15000');
    try {
      opened.recorder.output(Buffer.alloc(10_240, 'b'));
      await expectOneFailure(opened, 'EFBIG');
    } finally {
      setFileSizeLimit('unlimited');
    }
    const crash = await room.store.sealAfterCrash(opened.path, 'recorder_failed', []);
    expect(crash).toMatchObject({ outcome: 'sealed', gaps: [{ file: 'typescript' }] });
    expect(await replay(opened.folder)).toEqual(await outputIn(opened.folder));
    expect((await outputIn(opened.folder)).subarray(0, 10_240).equals(Buffer.alloc(10_240, 'a'))).toBe(true);
  });

  it('at the seal rejects the seal and is told', async () => {
    await using room = await makeStore();
    const opened = await room.open();
    setFileSizeLimit('0');
    try {
      await expect(opened.recorder.seal('closed')).rejects.toMatchObject({ code: 'EFBIG' });
    } finally {
      setFileSizeLimit('unlimited');
    }
    expect(opened.failures).toHaveLength(1);
    expect(await room.store.sealAfterCrash(opened.path, 'recorder_failed', [])).toMatchObject({ outcome: 'sealed' });
  });

  it('that vanished with its folder is told at the seal', async () => {
    await using room = await makeStore();
    const opened = await room.open();
    await rm(opened.folder, { recursive: true });
    await expect(opened.recorder.seal('closed')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(opened.failures).toHaveLength(1);
  });

  it('that vanished is told when the segment closes, while the session runs', async () => {
    await using room = await makeStore({ limits: { segmentBytes: 100, syncMs: 1 } });
    const opened = await room.open();
    await rm(join(opened.folder, 'typescript'));
    opened.recorder.output(Buffer.alloc(1000, 'x'));
    await expectOneFailure(opened, 'ENOENT');
  });

  it.runIf(process.getuid?.() === 0)('that is full is told once', async () => {
    const mount = await mkdtemp(join(tmpdir(), 'sallyport-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mount]);
    try {
      await using room = await makeStore({ root: mount, leastFreeBytes: async () => 0 });
      const opened = await room.open();
      opened.recorder.output(Buffer.alloc(MiB, 'x'));
      await expectOneFailure(opened, 'ENOSPC');
    } finally {
      await vi.waitFor(() => execFileSync('umount', [mount], { stdio: 'ignore' }));
      await rm(mount, { recursive: true });
    }
  });

  it('makes no difference to the recording beside it', async () => {
    await using room = await makeStore({ limits: { maxQueuedBytes: 5 * MiB } });
    const failing = await room.open();
    const beside = await room.open();
    const expected = createHash('sha256');
    for (const chunk of floodOf(2 * MiB)) {
      expected.update(chunk);
      beside.recorder.output(chunk);
    }
    failing.recorder.output(Buffer.alloc(6 * MiB, 'z'));
    expect(failing.failures).toHaveLength(1);
    await beside.recorder.seal('closed');
    expect(sha256(await outputIn(beside.folder))).toBe(expected.digest('hex'));
  });
});

describe('sealing', () => {
  it('happens once, and nothing is taken after it', async () => {
    await using room = await makeStore();
    const { recorder, folder } = await room.open();
    recorder.output(Buffer.from('taken'));
    const sealing = recorder.seal('closed');
    recorder.output(Buffer.from('late'));
    await sealing;
    await expect(recorder.seal('closed')).rejects.toThrow(/once/);
    expect((await outputIn(folder)).toString()).toBe('taken');
  });

  it('leaves no timer and no file open behind', async () => {
    await using room = await makeStore();
    const { recorder } = await room.open();
    recorder.output(Buffer.from('x'));
    expect(countOpenFiles(room.root)).toBe(4);
    await recorder.seal('closed');
    expect(countOpenFiles(room.root)).toBe(0);
  });
});
