import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNoLinks, recordingFolder, syncFolder } from './folder.ts';
import { isSignedBy, type RecordingKey } from './manifest.ts';
import { erasedNames } from './parts.ts';
import { type Deletion, readManifestOf, writeTombstone } from './tombstone.ts';
import type { ChildVerdict, Verification } from './verifier.ts';
import type { RecordingEvidence } from './verify.ts';

export type ProveOrder = RecordingEvidence & {
  /** Absolute path of the store, and the folder in it. */
  root: string;
  path: string;
  sessionId: string;
  /** Every key that this installation ever signed recordings with; SPKI PEM. */
  publicKeys: readonly string[];
};

/** Reads a recording byte by byte. Rejects when it cannot be read now, which says nothing about it. */
export type ReadAndVerify = (order: Verification) => Promise<Pick<ChildVerdict, 'state' | 'problems'>>;

export type Proven = { ok: true; head: string; manifestSha256: string } | { ok: false; problem: string };

/**
 * Reads every byte of a recording that is to be deleted: only what can still be proven to be what was sealed may go, since
 * nobody can look afterwards. Rejects where it could not be looked at.
 */
export async function proveRecording(
  { root, path, sessionId, publicKeys, ...evidence }: ProveOrder,
  verify: ReadAndVerify,
): Promise<Proven> {
  if (!(await isThere(root, path))) return { ok: false, problem: 'Its folder is gone.' };
  const found = await readManifestOf(recordingFolder(root, path));
  if (!found)
    return { ok: false, problem: 'It has no manifest that closes it, so that nobody can tell whether it is whole.' };
  const signer = publicKeys.find((key) => isSignedBy(found.manifest, key));
  if (!signer) return { ok: false, problem: 'Its manifest is not signed by a key of this installation.' };
  const { state, problems } = await verify({
    root,
    path,
    sessionId,
    publicKeyPem: signer,
    olderKeys: publicKeys,
    ...evidence,
  });
  // One that we deleted before, where the database was brought back from an earlier time, is deleted once more.
  if (state === 'intact' || state === 'deleted')
    return { ok: true, head: found.manifest.head, manifestSha256: found.sha256 };
  return { ok: false, problem: problems[0] ?? 'It cannot be proven to be what was sealed.' };
}

/** Whether there is such a folder; throws for one that is reached through links. */
async function isThere(root: string, path: string): Promise<boolean> {
  try {
    await assertNoLinks(root, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Takes the bytes of a recording away: the tombstone first, then everything but it and the manifest. Safe to repeat after it
 * was cut off anywhere. What is not there is gone already; files that are not ours are left.
 */
export async function eraseRecording(
  { root, key }: { root: string; key: RecordingKey },
  path: string,
  deletion: Deletion,
): Promise<void> {
  const folder = recordingFolder(root, path);
  if (!(await isThere(root, path))) return;
  await writeTombstone(folder, deletion, key);
  const names: ReadonlySet<string> = new Set(erasedNames);
  for (const name of await readdir(folder)) if (names.has(name)) await rm(join(folder, name), { force: true });
  await syncFolder(folder);
}
