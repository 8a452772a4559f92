/**
 * Contract: only a recording that is proven whole may be deleted; of a deleted one the signed manifest and a signed note stay,
 * and prove together when and why it went; whoever removes files by hand, or makes up such a note, is found out; a deletion
 * that is cut off anywhere is finished by doing it again.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eraseRecording, type ProveOrder, proveRecording } from './erase.ts';
import { recordingFolder } from './folder.ts';
import { indexRecording } from './index-recording.ts';
import { erasedNames } from './parts.ts';
import type { SealedRecording } from './port.ts';
import { makeKey, makeStore, type Opened, type TestStore } from './testing/test-store.ts';
import { verifyHere } from './testing/verify-here.ts';
import { writeTombstone } from './tombstone.ts';
import { verifyRecording } from './verify.ts';

let room: TestStore;
let recording: Opened;
let sealed: SealedRecording;

beforeEach(async () => {
  room = await makeStore();
  recording = await room.open();
  recording.recorder.output(Buffer.from('what was done\r\n'));
  sealed = await recording.recorder.seal('closed');
});
afterEach(() => room[Symbol.asyncDispose]());

const prove = (given: Partial<ProveOrder> = {}) =>
  proveRecording(
    {
      root: room.root,
      path: recording.path,
      sessionId: recording.sessionId,
      publicKeys: [makeKey().publicKeyPem, room.key.publicKeyPem],
      anchors: [{ seq: 0, head: recording.openingHead }],
      sealedHead: sealed.head,
      ...given,
    },
    verifyHere,
  );

const deletion = () => ({
  sessionId: recording.sessionId,
  deletedAt: '2026-11-20T10:00:00.000Z',
  reason: 'Its time was over.',
  head: sealed.head,
  manifestSha256: sealed.manifestSha256,
});
const erase = () => eraseRecording(room, recording.path, deletion());

type Known = Pick<Parameters<typeof verifyRecording>[0], 'deletion' | 'sealedHead' | 'anchors' | 'olderKeys'>;
const verdict = (known: Known = {}, publicKeyPem = room.key.publicKeyPem) =>
  verifyRecording({ folder: recording.folder, sessionId: recording.sessionId, publicKeyPem, ...known });
const problemsOf = async (known?: Known) => (await verdict(known)).findings.map(({ problem }) => problem);

describe('before it is deleted', () => {
  it('is proven with the key that signed it, whichever of ours that was', async () => {
    expect(await prove()).toEqual({ ok: true, head: sealed.head, manifestSha256: sealed.manifestSha256 });
  });

  it.each<[string, RegExp, () => Promise<unknown>]>([
    [
      'a changed byte',
      /typescript was changed/,
      () => writeFile(join(recording.folder, 'typescript'), 'X', { flag: 'r+' }),
    ],
    ['a part gone', /typescript\.timing is missing/, () => rm(join(recording.folder, 'typescript.timing'))],
    ['something added', /bytes after its last segment/, () => appendFile(join(recording.folder, 'typescript'), 'more')],
    ['no manifest', /no manifest/, () => rm(join(recording.folder, 'manifest.json'))],
    ['a damaged manifest', /no manifest/, () => appendFile(join(recording.folder, 'manifest.json'), ' ')],
    ['no folder', /folder is gone/, () => rm(recording.folder, { recursive: true })],
  ])('is not proven with %s', async (_what, problem, damage) => {
    await damage();
    expect(await prove()).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('is not proven by the key of somebody else, by another head, nor without a segment that the log knows', async () => {
    expect(await prove({ publicKeys: [makeKey().publicKeyPem] })).toMatchObject({ ok: false });
    expect(await prove({ sealedHead: '0'.repeat(64) })).toMatchObject({ ok: false });
    expect(await prove({ anchors: [{ seq: 9, head: 'x' }] })).toMatchObject({ ok: false });
  });

  it('is neither proven nor deleted through a link', async () => {
    const elsewhere = join(room.root, 'elsewhere');
    await rename(recording.folder, elsewhere);
    await symlink(elsewhere, recording.folder);
    await expect(prove()).rejects.toThrow('link');
    await expect(erase()).rejects.toThrow('link');
    expect(await readdir(elsewhere)).toContain('typescript');
  });
});

describe('a deleted recording', () => {
  it('has its manifest and the note of its deletion, and verifies as deleted', async () => {
    await writeFile(join(recording.folder, 'index.bin'), 'keyframes');
    await erase();
    expect((await readdir(recording.folder)).sort()).toEqual(['deleted.json', 'manifest.json']);
    const { manifestSha256, head } = sealed;
    expect(await verdict({ deletion: { manifestSha256 }, sealedHead: head })).toMatchObject({
      state: 'deleted',
      deleted: { at: '2026-11-20T10:00:00.000Z', reason: 'Its time was over.' },
      manifest: { head, person: { email: 'ada@example.test' } },
      findings: [],
    });
  });

  it.each([0, 1, 3, erasedNames.length])('is finished after it was cut off with %d files gone', async (gone) => {
    const names = (await readdir(recording.folder)).filter((name) => name !== 'manifest.json');
    await writeTombstone(recording.folder, deletion(), room.key);
    for (const name of names.slice(0, gone)) await rm(join(recording.folder, name));
    await writeFile(join(recording.folder, 'deleted.json.partial'), 'half of it');
    await erase();
    expect((await readdir(recording.folder)).sort()).toEqual(['deleted.json', 'manifest.json']);
    expect(await verdict()).toMatchObject({ state: 'deleted' });
  });

  it('is deleted once more where the database knows nothing of it, coming from an earlier time', async () => {
    await erase();
    expect(await prove()).toMatchObject({ ok: true });
    await writeTombstone(recording.folder, deletion(), makeKey());
    expect(await prove()).toMatchObject({ ok: false });
  });

  it('is done when its folder is gone already', async () => {
    await rm(recording.folder, { recursive: true });
    await erase();
    expect(await readdir(room.root)).not.toContain('deleted.json');
  });

  it('leaves none of its screens behind while its index is being made', async () => {
    const order = { root: room.root, path: recording.path, sealed: undefined };
    for (let round = 0; round < 20; round += 1) {
      await rm(recording.folder, { recursive: true });
      recording = await room.open();
      recording.recorder.output(Buffer.from('what was done\r\n'.repeat(1 + round)));
      sealed = await recording.recorder.seal('closed');
      const indexing = indexRecording({ ...order, path: recording.path });
      for (let turns = 0; turns < round; turns += 1) await stat(recording.folder);
      await Promise.all([indexing, erase()]);
      expect((await readdir(recording.folder)).sort()).toEqual(['deleted.json', 'manifest.json']);
    }
  });

  it('has no index made of it afterwards', async () => {
    await writeTombstone(recording.folder, deletion(), room.key);
    await indexRecording({ root: room.root, path: recording.path, sealed: undefined });
    expect(await readdir(recording.folder)).not.toContain('index.bin');
  });

  it('with its screens still there is told of', async () => {
    await erase();
    await writeFile(join(recording.folder, 'index.bin'), 'keyframes');
    expect(await problemsOf()).toEqual([expect.stringContaining('index.bin is there')]);
  });

  it('keeps what is not of a recording', async () => {
    await writeFile(join(recording.folder, 'notes.txt'), 'of somebody');
    await mkdir(join(recording.folder, 'sub'));
    await erase();
    expect((await readdir(recording.folder)).sort()).toEqual(['deleted.json', 'manifest.json', 'notes.txt', 'sub']);
  });

  it('may have been deleted under another key than it was recorded with', async () => {
    const later = makeKey('later');
    await eraseRecording({ root: room.root, key: later }, recording.path, deletion());
    expect(await verdict()).toMatchObject({ state: 'tampered' });
    expect(await verdict({ olderKeys: [later.publicKeyPem] })).toMatchObject({ state: 'deleted' });
  });
});

describe('whoever makes a recording vanish', () => {
  it('by removing files is found out', async () => {
    for (const name of ['typescript', 'typescript.timing', 'events.ndjson', 'chain.ndjson']) {
      await rm(join(recording.folder, name));
    }
    expect(await verdict()).toMatchObject({ state: 'tampered' });
  });

  it('by a note of their own is found out', async () => {
    await eraseRecording({ root: room.root, key: makeKey() }, recording.path, deletion());
    expect(await problemsOf()).toEqual(['deleted.json is not signed by this public key.']);
  });

  it('by the note of another recording is found out', async () => {
    const other = await room.open();
    const { head, manifestSha256 } = await other.recorder.seal('closed');
    await eraseRecording(room, recording.path, { ...deletion(), sessionId: other.sessionId, head, manifestSha256 });
    expect(await problemsOf({ sealedHead: sealed.head })).toEqual([
      expect.stringContaining('belongs to another session'),
      expect.stringContaining('is not the one that deleted.json names'),
      expect.stringContaining('names another recording than the one that the audit log saw sealed'),
    ]);
  });

  it('with the key of the gateway, but past the audit log, is found out', async () => {
    await erase();
    expect(await problemsOf({ deletion: null })).toEqual([
      expect.stringContaining('the audit log knows nothing of it'),
    ]);
    expect(await problemsOf({ deletion: { manifestSha256: 'x' } })).toEqual([
      expect.stringContaining('names another manifest than the audit log'),
    ]);
  });

  it.each<[string, RegExp, () => Promise<unknown>]>([
    ['a changed note', /deleted\.json is not signed/, () => edit('deleted.json', '2026-11-20', '2027-11-20')],
    [
      'a note that is no note',
      /deleted\.json is damaged/,
      () => writeFile(join(recording.folder, 'deleted.json'), '{}'),
    ],
    ['the manifest gone', /manifest\.json, which stays/, () => rm(join(recording.folder, 'manifest.json'))],
    [
      'a changed manifest',
      /manifest\.json is not signed/,
      () => edit('manifest.json', 'ada@example.test', 'eve@example.test'),
    ],
    ['a made-up typescript', /typescript is there/, () => writeFile(join(recording.folder, 'typescript'), 'made up')],
  ])('and leaves %s is found out', async (_what, problem, damage) => {
    await erase();
    await damage();
    expect(await problemsOf()).toContainEqual(expect.stringMatching(problem));
  });

  async function edit(name: string, one: string, other: string) {
    const path = join(recordingFolder(room.root, recording.path), name);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(one);
    await writeFile(path, text.replace(one, other));
  }
});
