// Contract: the key that proves recordings is kept apart from them, and so is every key of before: none is lost, whichever
// way an installation got them.
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  keepOlderPublicKey,
  keepPublicKey,
  publicKeyPath,
  readAllPublicKeys,
  readKeptPublicKey,
} from './public-key.ts';
import { makeKey } from './testing/test-store.ts';

let dataDir: string;
const [first, second, third] = [makeKey(), makeKey(), makeKey()].map(({ publicKeyPem }) => publicKeyPem) as [
  string,
  string,
  string,
];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

it('there is none before the first start', async () => {
  expect(await readKeptPublicKey(dataDir)).toBeUndefined();
  expect(await readAllPublicKeys(dataDir)).toEqual([]);
});

it('is kept where verify looks for it, and written once', async () => {
  await keepPublicKey(dataDir, first);
  const { mtimeMs } = await stat(publicKeyPath(dataDir));
  await keepPublicKey(dataDir, first);
  expect((await stat(publicKeyPath(dataDir))).mtimeMs).toBe(mtimeMs);
  expect(await readAllPublicKeys(dataDir)).toEqual([first]);
});

it('is kept beside its successors, which come first', async () => {
  for (const key of [first, second, third]) await keepPublicKey(dataDir, key);
  const [present, ...older] = await readAllPublicKeys(dataDir);
  expect(present).toBe(third);
  expect(older.sort()).toEqual([first, second].sort());
});

it('comes back under the name that it would have got here', async () => {
  await keepPublicKey(dataDir, first);
  await keepPublicKey(dataDir, second);
  const names = await readdir(dataDir);
  await rm(dataDir, { recursive: true });
  dataDir = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  await keepPublicKey(dataDir, second);
  for (const _time of [1, 2]) await keepOlderPublicKey(dataDir, first);
  expect((await readdir(dataDir)).sort()).toEqual(names.sort());
});

it('is told from other files', async () => {
  for (const name of ['keyring.json', 'recording-public-key-x.pem', 'recording-public-key-0123456789abcdef.pem.bak'])
    await writeFile(join(dataDir, name), 'not a key');
  expect(await readAllPublicKeys(dataDir)).toEqual([]);
});
