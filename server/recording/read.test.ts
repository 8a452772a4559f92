/** The contract: only the parts of a recording can be read, only as regular files of its own folder, range by range. */
import { execFileSync } from 'node:child_process';
import { appendFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPart } from './read.ts';
import { countOpenFiles, makeStore, type Opened, outputIn, type TestStore } from './testing/test-store.ts';

let room: TestStore;
let opened: Opened;
beforeAll(async () => {
  room = await makeStore();
  opened = await room.open();
  opened.recorder.output(Buffer.from('0123456789'));
  await opened.recorder.seal('closed');
});
afterAll(() => room[Symbol.asyncDispose]());

describe('a part', () => {
  it('is read whole, or from and up to a byte', async () => {
    const { path, folder } = opened;
    const output = await outputIn(folder);
    const whole = await openPart(room.root, path, 'typescript');
    const all = await buffer(whole!.stream());
    expect(all.subarray(-10).equals(output)).toBe(true);
    expect(whole!.size).toBe(all.length);
    const ranges: [number, number, number][] = [
      [all.length - 10, all.length - 1, 10],
      [all.length - 10, all.length + 100, 10],
      [0, 0, 1],
      [5, 4, 0],
      [all.length, all.length + 5, 0],
    ];
    for (const [from, last, length] of ranges) {
      const part = await openPart(room.root, path, 'typescript');
      const bytes = await buffer(part!.stream({ from, last }));
      expect(bytes.equals(all.subarray(from, from + length))).toBe(true);
    }
    expect(countOpenFiles(room.root)).toBe(0);
  });

  it('that grows is read as large as it was when opened', async () => {
    const running = await room.open();
    const part = await openPart(room.root, running.path, 'typescript');
    await appendFile(join(running.folder, 'typescript'), 'later');
    expect(await buffer(part!.stream())).toHaveLength(part!.size);
    await running.recorder.seal('closed');
  });

  it('that is empty gives an empty stream and closes', async () => {
    const running = await room.open();
    const part = await openPart(room.root, running.path, 'typescript.timing');
    expect(await buffer(part!.stream())).toHaveLength(0);
    await running.recorder.seal('closed');
    await vi.waitFor(() => expect(countOpenFiles(room.root)).toBe(0));
  });

  it('closes when its reader goes away before reading', async () => {
    const part = await openPart(room.root, opened.path, 'typescript');
    part!.stream().destroy();
    const other = await openPart(room.root, opened.path, 'typescript');
    await other!.close();
    await vi.waitFor(() => expect(countOpenFiles(room.root)).toBe(0));
  });

  it.each([
    '',
    '.',
    '..',
    '../typescript',
    'typescript/',
    'typescript\0',
    'TYPESCRIPT',
    'manifest.json.partial',
    '__proto__',
    '/etc/passwd',
  ])('is not %j', async (name) => {
    expect(await openPart(room.root, opened.path, name)).toBeUndefined();
  });

  it.each(['', '..', '../../..', '/etc', `2026/01/02/${'.'.repeat(36)}`])('is not below %j', async (path) => {
    await expect(openPart(room.root, path, 'typescript')).rejects.toThrow(TypeError);
  });

  it('is not a link, a pipe or a folder', async () => {
    const running = await room.open();
    const secret = join(room.root, 'secret');
    await writeFile(secret, 'secret');
    const replace = async (make: (path: string) => unknown) => {
      const path = join(running.folder, 'events.ndjson');
      await rm(path, { recursive: true, force: true });
      await make(path);
      return openPart(room.root, running.path, 'events.ndjson');
    };
    await expect(replace((path) => symlink(secret, path))).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(replace((path) => execFileSync('mkfifo', [path]))).rejects.toThrow(/not a regular file/);
    await expect(replace((path) => execFileSync('mkdir', [path]))).rejects.toThrow(/not a regular file/);
    await expect(running.recorder.seal('closed')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
