/**
 * The contract: a copy of a recording proves itself wherever it is taken. One that is being written is copied up to its
 * last segment, and can be sealed there as after a crash; later copies go on from it. A copy that was cut off, or damaged
 * where it lies, is made whole by the next. What is not what it was is copied as it is, and said to be so.
 */
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../ids.ts';
import { type CopyOrder, checkCopy, copyRecording } from './copy.ts';
import { recordingFolder } from './folder.ts';
import { partNames } from './parts.ts';
import { createRecordingStore } from './store.ts';
import { makeKey, makeStore, type Opened, type TestStore } from './testing/test-store.ts';

let room: TestStore;
let to: string;

beforeAll(async () => {
  room = await makeStore({ limits: { segmentBytes: 300, syncMs: 1, coalesceMs: 1 } });
});
afterAll(() => room[Symbol.asyncDispose]());
beforeEach(async () => {
  to = join(room.root, 'copies', newId());
  await mkdir(to, { recursive: true });
});

async function segment({ recorder, segments }: Opened): Promise<void> {
  const before = segments.length;
  recorder.output(Buffer.from('output grün €\r\n'.repeat(30)));
  await vi.waitFor(() => expect(segments.length).toBeGreaterThan(before));
}

async function recording(count = 3): Promise<Opened> {
  const opened = await room.open();
  for (let turn = 0; turn < count; turn += 1) await segment(opened);
  return opened;
}

const copy = ({ path }: Opened, given: Partial<CopyOrder> = {}) =>
  copyRecording({ from: room.root, to, path, publicKeys: [makeKey().publicKeyPem, room.key.publicKeyPem], ...given });
const copyOf = ({ path }: Opened) => recordingFolder(to, path);
const chained = ['typescript', 'typescript.timing', 'events.ndjson', 'chain.ndjson'];
const lastOf = ({ segments }: Opened) => segments.at(-1) ?? { seq: 0, head: '' };

async function isSame(opened: Opened): Promise<boolean> {
  for (const part of partNames) {
    const [one, other] = await Promise.all(
      [opened.folder, copyOf(opened)].map((folder) => readFile(join(folder, part))),
    );
    if (!one || !other?.equals(one)) return false;
  }
  return true;
}

describe('a sealed recording', () => {
  it('is copied whole, verified, and closed to others', async () => {
    const opened = await recording();
    await opened.recorder.seal('closed');
    const { seq: segments, head } = lastOf(opened);
    expect(await copy(opened)).toEqual({ path: opened.path, state: 'sealed', segments, head, problems: [] });
    expect(await isSame(opened)).toBe(true);
    expect((await readdir(copyOf(opened))).sort()).toEqual([...partNames].sort());
    for (const name of ['', ...partNames]) expect((await stat(join(copyOf(opened), name))).mode & 0o077).toBe(0);
  });

  it('is not written again, and not even read where it was found sealed before', async () => {
    const opened = await recording();
    await opened.recorder.seal('closed');
    await copy(opened);
    const typescript = join(copyOf(opened), 'typescript');
    const { mtimeMs } = await stat(typescript);
    expect(await copy(opened)).toMatchObject({ state: 'sealed' });
    expect((await stat(typescript)).mtimeMs).toBe(mtimeMs);
    await rm(typescript);
    expect(await copy(opened, { isSettled: true })).toMatchObject({ state: 'sealed' });
    expect(await copy(opened)).toMatchObject({ state: 'sealed' });
    expect(await isSame(opened)).toBe(true);
  });

  it.each([
    ['altered where it lies', (file: string) => writeFile(file, 'x', { flag: 'r+' })],
    ['cut', (file: string) => truncate(file, 100)],
    ['longer', (file: string) => appendFile(file, 'x')],
    ['gone', (file: string) => rm(file)],
  ])('whose copy is %s is made whole again', async (_what, damage) => {
    for (const part of ['typescript', 'chain.ndjson', 'manifest.json']) {
      const opened = await recording();
      await opened.recorder.seal('closed');
      await copy(opened);
      await damage(join(copyOf(opened), part));
      expect(await copy(opened), part).toMatchObject({ state: 'sealed' });
      expect(await isSame(opened), part).toBe(true);
    }
  });

  it('that was tampered with is copied as it is, and never becomes right by being copied twice', async () => {
    const opened = await recording();
    await opened.recorder.seal('closed');
    await writeFile(join(opened.folder, 'typescript'), 'x', { flag: 'r+' });
    for (let time = 0; time < 2; time += 1) {
      expect(await copy(opened)).toMatchObject({
        state: 'damaged',
        head: null,
        problems: [expect.stringContaining('Segment 1: typescript was changed')],
      });
      expect(await isSame(opened)).toBe(true);
    }
  });

  it.each(['removed', 'cut', 'forged'])('that is %s after it was copied spoils no copy', async (how) => {
    const opened = await recording();
    await opened.recorder.seal('closed');
    await copy(opened);
    const before = await readFile(join(copyOf(opened), 'typescript'));
    if (how === 'removed') await rm(join(opened.folder, 'manifest.json'));
    if (how === 'cut') await truncate(join(opened.folder, 'typescript'), 10);
    if (how === 'forged') await writeFile(join(opened.folder, 'manifest.json'), '{}\n');
    const problems = how === 'cut' ? [] : [expect.stringContaining('changed or removed since it was sealed')];
    expect(await copy(opened)).toMatchObject({ state: 'sealed', segments: lastOf(opened).seq, problems });
    expect(await readFile(join(copyOf(opened), 'typescript'))).toEqual(before);
  });

  it('whose chain or manifest is nonsense is copied as it is', async () => {
    for (const part of ['chain.ndjson', 'manifest.json']) {
      const opened = await recording();
      await opened.recorder.seal('closed');
      await writeFile(join(opened.folder, part), 'nonsense\n');
      expect(await copy(opened)).toMatchObject({ state: 'damaged' });
      expect(await isSame(opened), part).toBe(true);
    }
  });

  it('that is signed by nobody whom we know is damaged', async () => {
    const opened = await recording();
    await opened.recorder.seal('closed');
    expect(await copy(opened, { publicKeys: [makeKey().publicKeyPem] })).toMatchObject({
      state: 'damaged',
      problems: [expect.stringContaining('not signed by this public key')],
    });
  });
});

describe('a recording that is being written', () => {
  it('is copied as far as its chain goes, and can be sealed there as after a crash', async () => {
    const opened = await recording();
    opened.recorder.output(Buffer.from('a tail that no segment holds yet'));
    const { seq: segments, head } = lastOf(opened);
    expect(await copy(opened)).toEqual({ path: opened.path, state: 'growing', segments, head, problems: [] });
    const settings = { root: to, key: room.key, clock: { now: () => new Date() }, monotonicMs: () => 0 };
    const anchors = [{ seq: 0, head: opened.openingHead }, ...opened.segments];
    const sealed = await createRecordingStore(settings).sealAfterCrash(opened.path, 'crash', anchors);
    expect(sealed).toMatchObject({ outcome: 'sealed' });
    const order = { folder: copyOf(opened), path: opened.path, publicKeys: [room.key.publicKeyPem] };
    expect(await checkCopy({ ...order, atLeast: { seq: segments, head } })).toEqual({ state: 'sealed', problems: [] });
    await opened.recorder.seal('closed');
  });

  it('is copied further the next time, and then to its end', async () => {
    const opened = await recording(2);
    const first = await copy(opened);
    await segment(opened);
    const second = await copy(opened);
    expect(second).toMatchObject({ state: 'growing' });
    expect(second.segments).toBeGreaterThan(first.segments);
    await segment(opened);
    await opened.recorder.seal('closed');
    const last = await copy(opened, { isSettled: true });
    expect(last).toMatchObject({ state: 'sealed', ...{ segments: lastOf(opened).seq, head: lastOf(opened).head } });
    expect(await isSame(opened)).toBe(true);
  });

  it('can be copied again and again while it is written, and every copy proves itself', async () => {
    const opened = await recording(1);
    let isOver = false;
    const writing = (async () => {
      for (let turn = 0; turn < 25; turn += 1) await segment(opened);
      isOver = true;
    })();
    let copies = 0;
    for (let before = 0; !isOver; copies += 1) {
      const { state, segments, problems } = await copy(opened);
      expect([state, problems]).toEqual(['growing', []]);
      expect(segments).toBeGreaterThanOrEqual(before);
      before = segments;
    }
    await writing;
    await opened.recorder.seal('closed');
    expect(copies).toBeGreaterThan(2);
    expect(await copy(opened)).toMatchObject({ state: 'sealed' });
  });

  it('has a copy from the very beginning', async () => {
    const opened = await room.open();
    expect(await copy(opened)).toMatchObject({ state: 'growing', segments: 0, head: opened.openingHead });
    await opened.recorder.seal('closed');
  });

  it('is cut off at any step of a copy, and the next one goes on', async () => {
    const opened = await recording();
    await copy(opened);
    await segment(opened);
    // As if the power had failed after the parts and before the chain.
    const source = await readFile(join(opened.folder, 'typescript'));
    await writeFile(join(copyOf(opened), 'typescript'), source.subarray(0, source.length - 7));
    const order = { folder: copyOf(opened), path: opened.path, publicKeys: [room.key.publicKeyPem] };
    expect(await checkCopy({ ...order, atLeast: undefined })).toEqual({ state: 'growing', problems: [] });
    expect(await copy(opened)).toMatchObject({ state: 'growing', segments: lastOf(opened).seq });
    await opened.recorder.seal('closed');
    expect(await copy(opened)).toMatchObject({ state: 'sealed' });
  });

  it.each(['cut', 'written anew', 'broken', 'removed'])(
    'that is %s after it was copied spoils no copy, and is said to be',
    async (how) => {
      const [opened, other] = [await recording(), await recording()];
      const { segments, head } = await copy(opened);
      const before = await readFile(join(copyOf(opened), 'typescript'));
      const chain = join(opened.folder, 'chain.ndjson');
      const lines = (await readFile(chain, 'utf8')).split('\n');
      if (how === 'cut') await writeFile(chain, `${lines.slice(0, 2).join('\n')}\n`);
      if (how === 'written anew')
        for (const part of chained) await cp(join(other.folder, part), join(opened.folder, part));
      if (how === 'broken') await writeFile(chain, [lines[0], 'x', ...lines.slice(2)].join('\n'));
      if (how === 'removed') await rename(opened.folder, `${opened.folder}.aside`);
      const order = { before: { seq: segments, head: head ?? '' } };
      expect(await copy(opened, order)).toMatchObject({
        state: 'growing',
        segments,
        head,
        problems: [expect.stringContaining('since it was copied')],
      });
      expect(await readFile(join(copyOf(opened), 'typescript'))).toEqual(before);
      for (const { recorder } of [opened, other]) await recorder.seal('closed').catch(() => undefined);
    },
  );

  it('is not held to a copy that is gone or was changed itself', async () => {
    const opened = await recording();
    const order = { before: { seq: 2, head: 'f'.repeat(64) } };
    expect(await copy(opened, order)).toMatchObject({ state: 'growing', problems: [] });
    expect(await copy(opened, order)).toMatchObject({ state: 'growing', problems: [] });
    await opened.recorder.seal('closed');
    expect(await copy(opened, order)).toMatchObject({ state: 'sealed', problems: [] });
  });

  it('is taken up to a segment that is said, unless its end is signed', async () => {
    const opened = await recording();
    expect(await copy(opened, { upTo: 1 })).toMatchObject({ state: 'growing', segments: 1 });
    const [first] = opened.segments;
    const order = { folder: copyOf(opened), path: opened.path, publicKeys: [room.key.publicKeyPem] };
    expect(await checkCopy({ ...order, atLeast: first })).toEqual({ state: 'growing', problems: [] });
    expect((await readFile(join(copyOf(opened), 'chain.ndjson'), 'utf8')).split('\n')).toHaveLength(3);
    await opened.recorder.seal('closed');
    expect(await copy(opened, { upTo: 1 })).toMatchObject({ state: 'sealed', segments: lastOf(opened).seq });
  });

  it('whose chain is broken in its midst loses nothing by being copied', async () => {
    const opened = await recording();
    const chain = join(opened.folder, 'chain.ndjson');
    const lines = (await readFile(chain, 'utf8')).split('\n');
    await writeFile(chain, [lines[0], 'x', ...lines.slice(2)].join('\n'));
    expect(await copy(opened)).toMatchObject({ state: 'damaged', head: null });
    for (const part of ['typescript', 'chain.ndjson'])
      expect(await readFile(join(copyOf(opened), part))).toEqual(await readFile(join(opened.folder, part)));
    await opened.recorder.seal('closed').catch(() => undefined);
  });
});

const changed = expect.stringContaining('changed or removed since it was sealed');

describe('a folder', () => {
  it('that is gone is said to be missing, and leaves nothing', async () => {
    const opened = await recording(1);
    await opened.recorder.seal('closed');
    await rename(opened.folder, `${opened.folder}.aside`);
    expect(await copy(opened)).toMatchObject({ state: 'missing', problems: ['Its folder is gone.'] });
    expect(await readdir(to)).toEqual([]);
    await rename(`${opened.folder}.aside`, opened.folder);
    await copy(opened);
    await rm(opened.folder, { recursive: true });
    expect(await copy(opened)).toMatchObject({ state: 'sealed', segments: lastOf(opened).seq, problems: [changed] });
  });

  it('that is reached through a link is not copied, on either side', async () => {
    const opened = await recording(1);
    await opened.recorder.seal('closed');
    const real = `${opened.folder}.real`;
    await rename(opened.folder, real);
    await symlink(real, opened.folder);
    expect(await copy(opened)).toMatchObject({ state: 'missing' });
    await rm(opened.folder);
    await rename(real, opened.folder);
    const elsewhere = join(room.root, 'elsewhere');
    await mkdir(elsewhere, { recursive: true });
    await mkdir(dirname(copyOf(opened)), { recursive: true });
    await symlink(elsewhere, copyOf(opened));
    await expect(copy(opened)).rejects.toThrow('link');
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it.each(['../../etc', '2026/01/01/../../x', '2026/1/1/x', ''])('%j is no path of a recording', async (path) => {
    await expect(copyRecording({ from: room.root, to, path, publicKeys: [] })).rejects.toThrow('Not the path');
  });
});
