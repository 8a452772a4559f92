/**
 * Folders for sockets are private and short enough: the system cuts longer paths without a word, and whoever else may
 * write to such a folder could put a server of their own there.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fits, privateDirectory, socketDirectoryNear } from './place.ts';

const home = mkdtempSync(join(tmpdir(), 'sp-place-'));
afterAll(() => rmSync(home, { recursive: true }));

it('keeps sockets out of folders whose name would be read as a list', () => {
  for (const odd of ['/data/a,b', '/data/"a"']) {
    expect(socketDirectoryNear(odd, 'x.sock')).toMatch(/\/sallyport-\d+-[0-9a-f]{16}$/);
  }
  expect(socketDirectoryNear('/data/a b ü%', 'x.sock')).toBe('/data/a b ü%');
});

it('stays near when the path is short', () => {
  expect(socketDirectoryNear('/srv/sallyport/run', 'portal.sock')).toBe('/srv/sallyport/run');
});

it('goes elsewhere when the path is long, to the same place each time and another for each', () => {
  const long = (end: string) => `/srv/${'x'.repeat(100)}/${end}`;
  const chosen = socketDirectoryNear(long('a'), 'portal.sock');
  expect(fits(chosen, 'portal.sock')).toBe(true);
  expect(socketDirectoryNear(long('a'), 'portal.sock')).toBe(chosen);
  expect(socketDirectoryNear(long('b'), 'portal.sock')).not.toBe(chosen);
});

it('counts bytes and not letters', () => {
  expect(fits(`/${'a'.repeat(90)}`, '12345')).toBe(true);
  expect(fits(`/${'ä'.repeat(90)}`, '12345')).toBe(false);
});

it('closes a folder of ours that was open', async () => {
  const path = join(home, 'open');
  mkdirSync(path);
  chmodSync(path, 0o777);
  await privateDirectory(path, undefined);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

it('refuses a link or a file in its place', async () => {
  const [link, file] = [join(home, 'link'), join(home, 'file')];
  symlinkSync(home, link);
  writeFileSync(file, '');
  await expect(privateDirectory(link, undefined)).rejects.toThrow(/belongs to somebody else/);
  await expect(privateDirectory(file, undefined)).rejects.toThrow();
});
