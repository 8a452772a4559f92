import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { syncFolder } from './folder.ts';
import { type ManifestBody, type RecordingKey, signManifest } from './manifest.ts';
import { manifestName, unfinishedManifestName } from './parts.ts';
import type { SealedRecording } from './port.ts';

export type SealSettings = {
  /** Absolute path of the recordings store. */
  root: string;
  /** Signs manifests: the recording key of the keyring. */
  key: RecordingKey;
  clock: Clock;
};

/** Signs the manifest and gives it its name when it is whole and durable. From then on nothing in the folder changes. */
export async function sealFolder(
  folder: string,
  body: Omit<ManifestBody, 'keyId'>,
  key: RecordingKey,
): Promise<SealedRecording> {
  const text = signManifest(body, key);
  const unfinished = join(folder, unfinishedManifestName);
  await rm(unfinished, { force: true }); // left by a crash at this very place
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, join(folder, manifestName));
  await syncFolder(folder);
  return describeSealed(text, body);
}

/** What the database keeps of a sealed recording. */
export function describeSealed(
  manifestText: string,
  manifest: Pick<ManifestBody, 'head' | 'files' | 'durationMs'>,
): SealedRecording {
  return {
    head: manifest.head,
    manifestSha256: createHash('sha256').update(manifestText).digest('hex'),
    bytes: manifest.files.typescript.bytes,
    durationMs: manifest.durationMs,
  };
}
