import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where an installation keeps the key that proves its recordings, apart from the recordings themselves. */
export function publicKeyPath(dataDir: string): string {
  return join(dataDir, 'recording-public-key.pem');
}

/** The key that the last start used; `undefined` before the first. */
export async function readKeptPublicKey(dataDir: string): Promise<string | undefined> {
  return readFile(publicKeyPath(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Every key of this installation, that of the last start first: each proves the recordings of its time. */
export async function readAllPublicKeys(dataDir: string): Promise<string[]> {
  const older = (await readdir(dataDir)).filter((name) => olderPattern.test(name)).sort();
  const texts = await Promise.all(older.map((name) => readFile(join(dataDir, name), 'utf8')));
  const present = await readKeptPublicKey(dataDir);
  return present === undefined ? texts : [present, ...texts];
}

const olderPattern = /^recording-public-key-[0-9a-f]{16}\.pem$/;

function olderName(publicKeyPem: string): string {
  const mark = createHash('sha256').update(publicKeyPem).digest('hex').slice(0, 16);
  return `recording-public-key-${mark}.pem`;
}

/** Keeps a key beside the present one that proves recordings of before. */
export async function keepOlderPublicKey(dataDir: string, publicKeyPem: string): Promise<void> {
  await writeFile(join(dataDir, olderName(publicKeyPem)), publicKeyPem, { mode: 0o644 });
}

/** Writes the key where `verify` looks for it. Another key that stands there is kept beside it: it proves older recordings. */
export async function keepPublicKey(dataDir: string, publicKeyPem: string): Promise<void> {
  const path = publicKeyPath(dataDir);
  const before = await readKeptPublicKey(dataDir);
  if (before === publicKeyPem) return;
  if (before !== undefined) {
    await rename(path, join(dataDir, olderName(before)));
  }
  await writeFile(path, publicKeyPem, { mode: 0o644, flag: 'wx' });
}
