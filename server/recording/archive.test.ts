/**
 * The contract: the archive is an ordinary zip that unzip accepts; scriptreplay plays what is in it; what is in it
 * verifies; a running recording archives as something that plays too; and an archive that nobody reads on is closed.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../ids.ts';
import { archiveRecording } from './archive.ts';
import { recordingFolder } from './folder.ts';
import { countOpenFiles, makeStore, outputIn, replay, type TestStore } from './testing/test-store.ts';
import { verifyRecording } from './verify.ts';

let room: TestStore;
beforeEach(async () => {
  room = await makeStore();
});
afterEach(() => room[Symbol.asyncDispose]());

async function unzipped(path: string): Promise<string> {
  const archive = await archiveRecording({ root: room.root, path, publicKeyPem: room.key.publicKeyPem });
  const zip = join(room.root, 'archive.zip');
  await pipeline(archive!, createWriteStream(zip));
  execFileSync('unzip', ['-tqq', zip]);
  const folder = join(room.root, 'unzipped');
  execFileSync('unzip', ['-qq', zip, '-d', folder]);
  return folder;
}

describe('the archive of a recording', () => {
  it('is played by scriptreplay and verified after unzip', async () => {
    const { recorder, path, folder, sessionId } = await room.open();
    recorder.output(Buffer.from('grün €\r\n'.repeat(20_000)));
    await recorder.seal('closed');
    const inside = join(await unzipped(path), sessionId);
    expect((await readdir(inside)).sort()).toEqual(
      [
        'READ-ME.txt',
        'chain.ndjson',
        'events.ndjson',
        'manifest.json',
        'recording-public-key.pem',
        'typescript',
        'typescript.timing',
      ].sort(),
    );
    expect((await replay(inside)).equals(await outputIn(folder))).toBe(true);
    const publicKeyPem = await readFile(join(inside, 'recording-public-key.pem'), 'utf8');
    expect(publicKeyPem).toBe(room.key.publicKeyPem);
    expect(await verifyRecording({ folder: inside, sessionId, publicKeyPem })).toMatchObject({ state: 'intact' });
    expect(await readFile(join(inside, 'READ-ME.txt'), 'utf8')).toContain(
      'scriptreplay --timing typescript.timing --typescript typescript',
    );
    expect(countOpenFiles(room.root)).toBe(0);
  });

  it('of a running session plays as far as it goes', async () => {
    const { recorder, path, sessionId } = await room.open();
    recorder.output(Buffer.alloc(1_000_000, 'running\r\n'));
    await vi.waitFor(() => expect(recorder.queuedBytes).toBe(0));
    const archiving = unzipped(path);
    recorder.output(Buffer.alloc(1_000_000, 'more\r\n'));
    const inside = join(await archiving, sessionId);
    const played = await replay(inside);
    expect(played.length).toBeGreaterThanOrEqual(1_000_000);
    expect((await outputIn(inside)).subarray(0, played.length).equals(played)).toBe(true);
    await recorder.seal('closed');
  });

  it('is not there for a session without recording', async () => {
    const path = `2026/01/02/${newId()}`;
    expect(await archiveRecording({ root: room.root, path, publicKeyPem: '' })).toBeUndefined();
  });

  it('never leaves the store, through a path or a link', async () => {
    const { recorder, path, folder } = await room.open();
    await recorder.seal('closed');
    await expect(archiveRecording({ root: room.root, path: '../../etc', publicKeyPem: '' })).rejects.toThrow(TypeError);
    const outside = join(room.root, 'outside');
    await rename(folder, outside);
    await symlink(outside, folder);
    await expect(archiveRecording({ root: room.root, path, publicKeyPem: '' })).rejects.toThrow(/link/);
    await rm(folder);
    const day = recordingFolder(room.root, path).split('/').slice(0, -1).join('/');
    await mkdir(dirname(day), { recursive: true });
    await rm(day, { recursive: true });
    await symlink('/etc', day);
    await expect(archiveRecording({ root: room.root, path, publicKeyPem: '' })).resolves.toBeUndefined();
  });

  it('closes its files when the reader goes away, at once or in the middle', async () => {
    const { recorder, path } = await room.open();
    recorder.output(Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * at * 31) % 253)));
    await recorder.seal('closed');
    const order = { root: room.root, path, publicKeyPem: room.key.publicKeyPem };
    const unread = await archiveRecording(order);
    expect(countOpenFiles(room.root)).toBeGreaterThan(0);
    unread!.destroy();
    const halfRead = await archiveRecording(order);
    for await (const _ of halfRead!) break;
    await vi.waitFor(() => expect(countOpenFiles(room.root)).toBe(0));
  });
});
