import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
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

/** Writes the key where `verify` looks for it. Another key that stands there is kept beside it: it proves older recordings. */
export async function keepPublicKey(dataDir: string, publicKeyPem: string): Promise<void> {
  const path = publicKeyPath(dataDir);
  const before = await readKeptPublicKey(dataDir);
  if (before === publicKeyPem) return;
  if (before !== undefined) {
    const mark = createHash('sha256').update(before).digest('hex').slice(0, 16);
    await rename(path, join(dataDir, `recording-public-key-${mark}.pem`));
  }
  await writeFile(path, publicKeyPem, { mode: 0o644, flag: 'wx' });
}
