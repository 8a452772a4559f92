import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNoLinks, recordingFolder, syncFolder } from './folder.ts';
import { isSignedBy, type RecordingKey } from './manifest.ts';
import { erasedNames } from './parts.ts';
import type { Anchor } from './port.ts';
import { type Deletion, readManifestOf, writeTombstone } from './tombstone.ts';
import { verifyRecording } from './verify.ts';

export type ProveOrder = {
  /** Absolute path of the store, and the folder in it. */
  root: string;
  path: string;
  sessionId: string;
  /** Every key that this installation ever signed recordings with; SPKI PEM. */
  publicKeys: readonly string[];
  anchors: readonly Anchor[];
  sealedHead: string | undefined;
};

export type Proven = { ok: true; head: string; manifestSha256: string } | { ok: false; problem: string };

/**
 * Reads every byte of a recording that is to be deleted: only what can still be proven to be what was sealed may go, since
 * nobody can look afterwards. Rejects where it could not be looked at.
 */
export async function proveRecording(order: ProveOrder): Promise<Proven> {
  const { root, path, sessionId, publicKeys, anchors, sealedHead } = order;
  const folder = recordingFolder(root, path);
  try {
    await assertNoLinks(root, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ok: false, problem: 'Its folder is gone.' };
    throw error;
  }
  const found = await readManifestOf(folder);
  if (!found)
    return { ok: false, problem: 'It has no manifest that closes it, so that nobody can tell whether it is whole.' };
  const publicKeyPem = publicKeys.find((key) => isSignedBy(found.manifest, key));
  if (!publicKeyPem) return { ok: false, problem: 'Its manifest is not signed by a key of this installation.' };
  const { state, findings } = await verifyRecording({ folder, sessionId, publicKeyPem, anchors, sealedHead });
  // One that we deleted before, where the database was brought back from an earlier time, is deleted once more.
  if (state === 'intact' || state === 'deleted')
    return { ok: true, head: found.manifest.head, manifestSha256: found.sha256 };
  const [first] = findings;
  return { ok: false, problem: first?.problem ?? 'It cannot be proven to be what was sealed.' };
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
  const isThere = await assertNoLinks(root, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!isThere) return;
  await writeTombstone(folder, deletion, key);
  const names: ReadonlySet<string> = new Set(erasedNames);
  for (const name of await readdir(folder)) if (names.has(name)) await unlink(join(folder, name));
  await syncFolder(folder);
}
