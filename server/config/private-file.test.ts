/*
 * A file of secrets is read only when nobody else could have read or put it there: a plain file of our own, closed to
 * others, at the very path that was named. Each refusal is a sentence with the command that mends it, and none repeats
 * what the file holds.
 */
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PrivateFileError, readPrivateFile } from './private-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-private-'));
  path = join(folder, 'clients.json');
});
afterEach(() => rm(folder, { recursive: true }));

const read = (at = path) =>
  readPrivateFile({ path: at, what: 'list of clients', setting: 'API_CLIENTS', ifRead: 'Then change them all.' });

async function refusal(at = path): Promise<string> {
  const error = await read(at).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PrivateFileError);
  return (error as PrivateFileError).message;
}

test('what its owner alone may read is read, and what is not there is nothing', async () => {
  expect(await read()).toBeUndefined();
  await writeFile(path, 'höchst geheim', { mode: 0o600 });
  expect(await read()).toBe('höchst geheim');
  await chmod(path, 0o400);
  expect(await read()).toBe('höchst geheim');
});

test.each([0o640, 0o604, 0o620, 0o601, 0o666])('mode %o: refused with the command that closes it', async (mode) => {
  await writeFile(path, 'geheim');
  await chmod(path, mode);
  const sentence = await refusal();
  expect(sentence).toBe(
    `The list of clients ${path} is open to other users (mode ${mode.toString(8)}). Run: chmod 600 '${path}'. Then change them all.`,
  );
  expect(sentence).not.toContain('geheim');
});

test('a symbolic link is refused, whether it leads to a good file or to nothing', async () => {
  await writeFile(path, 'geheim', { mode: 0o600 });
  const [link, dangling] = [join(folder, 'link'), join(folder, 'dangling')];
  await symlink(path, link);
  await symlink(join(folder, 'nothing'), dangling);
  expect(await refusal(link)).toContain('is a symbolic link. Set API_CLIENTS to the file itself');
  expect(await refusal(dangling)).toContain('is a symbolic link');
});

test('a folder and a named pipe are refused without waiting', async () => {
  await mkdir(path, { mode: 0o700 });
  expect(await refusal()).toContain('is not a file. Set API_CLIENTS to a file.');
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', ['-m', '600', pipe]);
  expect(await refusal(pipe)).toContain('is not a file');
});

test('a path through something that is no folder is refused with its reason', async () => {
  await writeFile(path, '', { mode: 0o600 });
  expect(await refusal(join(path, 'deeper'))).toContain('cannot be read (ENOTDIR)');
});

test.runIf(process.geteuid?.() === 0)('the file of another user is refused', async () => {
  await writeFile(path, 'geheim', { mode: 0o600 });
  await chown(path, 65534, 65534);
  expect(await refusal()).toContain(`belongs to another user (uid 65534). Run: chown 0 '${path}'`);
});

test('a file without end is not read into memory', async () => {
  await writeFile(path, Buffer.alloc(1024 * 1024), { mode: 0o600 });
  expect(await refusal()).toContain('too long');
});
