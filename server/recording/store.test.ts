/**
 * The contract: a recording has a folder of its own that nobody else reads, named by a real session id and nothing
 * else; when `open` resolves, who and what are on disk; when it cannot be, `open` rejects and leaves nothing behind.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { parseEvents } from '../protocol/typescript-events.ts';
import { openChain, parseOpeningLine } from './chain.ts';
import { findRecording, recordingFolder, recordingPath } from './folder.ts';
import { makeStore, makeSubject, outputIn } from './testing/test-store.ts';

const attacks = [
  '',
  '.',
  '..',
  '../../../etc/passwd',
  '0198c5a0-0000-7000-8000-000000000001/..',
  '0198c5a0-0000-7000-8000-000000000001\n',
  '0198c5a0-0000-7000-8000-000000000001\0',
  '0198C5A0-0000-7000-8000-000000000001',
  '/0198c5a0-0000-7000-8000-00000000001',
  '0198c5a0-0000-7000-8000-00000000000',
  '0198c5a0%2f0000-7000-8000-0000000000',
  '----'.padEnd(36, 'a'),
];

describe('the path of a recording', () => {
  it('is the UTC date and the session id', () => {
    const id = '0198c5a0-0000-7000-8000-000000000001';
    expect(recordingPath(id, new Date('2026-01-02T23:59:59-05:00'))).toBe(`2026/01/03/${id}`);
  });

  it.each(attacks)('is never made of %j', (sessionId) => {
    expect(() => recordingPath(sessionId, new Date())).toThrow(TypeError);
    expect(() => recordingFolder('/store', `2026/01/02/${sessionId}`)).toThrow(TypeError);
  });

  it.each([
    '../01/02/0198c5a0-0000-7000-8000-000000000001',
    '2026/01/../0198c5a0-0000-7000-8000-000000000001',
    '/2026/01/02/0198c5a0-0000-7000-8000-000000000001',
    '2026/01/02/0198c5a0-0000-7000-8000-000000000001/',
    '2026\\01\\02\\0198c5a0-0000-7000-8000-000000000001',
    '2026/1/2/0198c5a0-0000-7000-8000-000000000001',
  ])('is not %j', (path) => {
    expect(() => recordingFolder('/store', path)).toThrow(TypeError);
  });
});

describe('opening a recording', () => {
  it('makes a folder and files that only their owner reads', async () => {
    await using room = await makeStore();
    const { folder, path, recorder, sessionId } = await room.open();
    for (let above = folder; above !== room.root; above = dirname(above)) {
      expect((await stat(above)).mode & 0o777).toBe(0o700);
    }
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['chain.ndjson', 'events.ndjson', 'typescript', 'typescript.timing']);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    await recorder.seal('closed');
    expect((await stat(join(folder, 'manifest.json'))).mode & 0o777).toBe(0o600);
    expect(await findRecording(room.root, sessionId)).toBe(path);
    expect(await findRecording(room.root, newId())).toBeUndefined();
    expect(await findRecording(room.root, '../x')).toBeUndefined();
  });

  it('has who, what and the first event on disk when it resolves', async () => {
    await using room = await makeStore();
    const subject = makeSubject();
    const { folder, recorder } = await room.open(subject);
    const line = parseOpeningLine((await readFile(join(folder, 'chain.ndjson'), 'utf8')).trimEnd());
    expect(line?.opening).toMatchObject({ ...subject, terminal: { columns: 80, rows: 24 } });
    expect(openChain(line!.opening).head).toBe(line!.head);
    expect(parseEvents(await readFile(join(folder, 'events.ndjson'), 'utf8'))).toMatchObject([
      { type: 'start', columns: 80, rows: 24, computer: 'web-1', account: 'root', elapsedMs: 0, offset: 0 },
    ]);
    expect(await readFile(join(folder, 'typescript'), 'utf8')).toMatch(/^Script started on .*\n$/);
    expect(await outputIn(folder)).toHaveLength(0);
    await recorder.seal('closed');
  });

  it.each(attacks)('refuses %j as a session id and writes nothing', async (sessionId) => {
    await using room = await makeStore();
    await expect(room.open(makeSubject(sessionId))).rejects.toThrow(TypeError);
    expect(await readdir(room.root)).toEqual([]);
  });

  it('refuses a session that has a recording, and leaves that one alone', async () => {
    await using room = await makeStore();
    const subject = makeSubject();
    const { recorder, folder } = await room.open(subject);
    recorder.output(Buffer.from('evidence'));
    await recorder.seal('closed');
    await expect(room.open(subject)).rejects.toMatchObject({ code: 'EEXIST' });
    expect((await outputIn(folder)).toString()).toBe('evidence');
  });

  it('does not follow a link where the folder should be', async () => {
    await using room = await makeStore();
    const subject = makeSubject();
    const elsewhere = join(room.root, 'elsewhere');
    const folder = recordingFolder(room.root, recordingPath(subject.sessionId, new Date()));
    await mkdir(elsewhere);
    await mkdir(dirname(folder), { recursive: true });
    await symlink(elsewhere, folder);
    await expect(room.open(subject)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('rejects when the store is a file', async () => {
    await using room = await makeStore();
    const root = join(room.root, 'file');
    await writeFile(root, '');
    await using broken = await makeStore({ root });
    await expect(broken.open()).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('rejects while the disk has less free than it should', async () => {
    await using room = await makeStore({ leastFreeBytes: async () => Number.MAX_SAFE_INTEGER });
    await expect(room.open()).rejects.toMatchObject({ code: 'LOW_SPACE', message: expect.stringMatching(/MiB free/) });
    expect(await readdir(room.root, { recursive: true })).not.toContain('typescript');
  });

  it('rejects when the limit of file sizes forbids to write, and leaves no folder', async () => {
    await using room = await makeStore();
    const subject = makeSubject();
    setFileSizeLimit('0');
    try {
      await expect(room.open(subject)).rejects.toMatchObject({ code: 'EFBIG' });
    } finally {
      setFileSizeLimit('unlimited');
    }
    expect(existsSync(recordingFolder(room.root, recordingPath(subject.sessionId, new Date())))).toBe(false);
    const again = await room.open(subject);
    await again.recorder.seal('closed');
  });

  it.runIf(process.getuid?.() === 0)('rejects on a full file system', async () => {
    const mount = await mkdtemp(join(tmpdir(), 'sallyport-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', mount]);
    try {
      await writeFile(join(mount, 'filler'), Buffer.alloc(16 * 1024)).catch(() => undefined);
      await using room = await makeStore({ root: mount, leastFreeBytes: async () => 0 });
      await expect(room.open()).rejects.toMatchObject({ code: 'ENOSPC' });
    } finally {
      execFileSync('umount', [mount]);
      await rm(mount, { recursive: true });
    }
  });
});

// The soft limit only, so that it can be lifted again. Node ignores SIGXFSZ: writes fail with EFBIG.
function setFileSizeLimit(soft: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:unlimited`]);
}
