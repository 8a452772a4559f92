import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listRecordingPaths, recordingFolder, syncFolder } from '../recording/folder.ts';
import { Refused } from '../supervise/command.ts';
import type { Keyring } from '../vault/keyring.ts';
import { isManifestOf } from './manifest.ts';
import { listSnapshots, readSnapshot, recordingsOf, type Snapshot, snapshotsOf } from './snapshot.ts';

export type Pruned = { snapshots: number; recordings: number };

/**
 * Leaves the latest `keep` snapshots of a place of backups, and of the recordings those that one of them needs: what was
 * deleted in the installation goes from its backups as well when the last snapshot that knows it does. Throws `Refused`, with
 * nothing removed, where a snapshot is damaged or of another installation, because nobody could tell what it needs.
 */
export async function pruneBackups(dir: string, keep: number, keyring: Keyring): Promise<Pruned> {
  const snapshots: Snapshot[] = [];
  for (const name of await listSnapshots(dir)) snapshots.push(await readOurs(dir, name, keyring));
  const [gone, kept] = [snapshots.slice(0, -keep), snapshots.slice(-keep)];
  const needed = new Set(kept.flatMap(({ recordings }) => recordings.map(({ path }) => path)));
  for (const { folder } of gone) await rm(folder, { recursive: true });
  if (gone.length > 0) await syncFolder(snapshotsOf(dir));
  let recordings = 0;
  for await (const path of listRecordingPaths(recordingsOf(dir))) {
    if (needed.has(path)) continue;
    const folder = recordingFolder(recordingsOf(dir), path);
    await rm(folder, { recursive: true });
    await syncFolder(join(folder, '..'));
    recordings += 1;
  }
  return { snapshots: gone.length, recordings };
}

async function readOurs(dir: string, name: string, keyring: Keyring): Promise<Snapshot> {
  const snapshot = await readSnapshot(dir, name).catch((error: unknown) => {
    throw error instanceof Refused ? new Refused(`${nothingRemoved} ${error.message}`) : error;
  });
  if (isManifestOf(snapshot.manifest, keyring)) return snapshot;
  throw new Refused(
    `${nothingRemoved} The snapshot ${name} is not of this installation, or was changed since it was made.`,
  );
}

const nothingRemoved = 'Nothing was removed.';
