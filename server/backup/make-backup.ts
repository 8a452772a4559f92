import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../../db/connect.ts';
import { LockHeld, takeProcessLock } from '../../db/embedded/process-lock.ts';
import { lastMigrationOf } from '../../db/migration-marks.ts';
import { countSealed } from '../../db/queries/sealed-rows.ts';
import { type CopyTx, copyOut, inOneSnapshot, listSequences, listTables } from '../../db/whole-database.ts';
import { createAudit } from '../audit/writer.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type CopyOrder, copyRecording, type RecordingCopy } from '../recording/copy.ts';
import { readAllPublicKeys } from '../recording/public-key.ts';
import { Refused } from '../supervise/command.ts';
import { type Keyring, systemKeyIds } from '../vault/keyring.ts';
import { isManifestOf, writeManifest } from './manifest.ts';
import { type Pruned, pruneBackups } from './prune.ts';
import { beginSnapshot, listSnapshots, readSnapshot, recordingsOf, refuseMixing } from './snapshot.ts';

export type BackupOrder = {
  config: Pick<Config, 'dataDir' | 'recordingsDir'>;
  /** As the owner of the database; one connection is enough. */
  connection: Connection;
  keyring: Keyring;
  /** The place of backups; made when it is not there. */
  to: string;
  /** How many snapshots stay; all, when it is not said. */
  keep?: number | undefined;
  clock: Clock;
  systemUser: string;
};

export type MadeBackup = {
  snapshot: string;
  tables: number;
  rows: number;
  recordings: RecordingCopy[];
  /** How many stored secrets this keyring does not open. */
  unopened: number;
  /** What was removed to make room, or why nothing was; only where that was asked for. */
  pruned?: Pruned | { refused: string };
};

/**
 * Takes a snapshot of the database at one moment, and then brings the copies of all recordings that it knows up to date:
 * whatever the log in the snapshot says of a recording, its copy holds. Nothing of the keyring is written but the ids of
 * its keys and a code that only it can make. Works while the installation runs. Throws `Refused` for a place that must not be taken.
 */
export async function makeBackup(order: BackupOrder): Promise<MadeBackup> {
  const { config, connection, keyring, to, clock, systemUser } = order;
  await preparePlace(to, config);
  const lock = await takePlace(to);
  try {
    const madeAt = clock.now();
    const snapshot = await beginSnapshot(to, madeAt);
    const keysBefore = await systemKeysIn(connection);
    const taken = await inOneSnapshot(connection.sql, async (tx) => ({
      tables: await writeTables(tx, snapshot),
      sequences: await listSequences(tx),
      paths: (await tx<{ path: string }[]>`select path from recordings where state <> 'deleted' order by path`).map(
        ({ path }) => path,
      ),
    }));
    const migration = await lastMigrationOf(connection.sql);
    if (!migration) throw new Refused('This database was never used. Start Sallyport once before it is backed up.');
    const publicKeys = await publicKeysOf(order);
    const recordings = await copyRecordings(order, taken.paths, publicKeys);
    const body = {
      madeAt: madeAt.toISOString(),
      migration,
      tables: taken.tables,
      sequences: taken.sequences,
      recordings: await snapshot.writeRecordings(recordings),
      // A rotation may have gone on in between; what was under one of its keys is under one of these.
      systemKeys: keysIn(keyring, [...keysBefore, ...(await systemKeysIn(connection))]),
      recordingPublicKeys: publicKeys,
    };
    await snapshot.finish(writeManifest(body, keyring));
    const damaged = recordings.filter(({ problems }) => problems.length > 0).length;
    const subject = { snapshot: snapshot.name, recordings: recordings.length, damaged, systemUser };
    await createAudit({ connection, clock }).append({ kind: 'backup.made', subject });
    const rows = taken.tables.reduce((sum, table) => sum + table.rows, 0);
    const unopened = await countUnopened(connection, keyring);
    const made = { snapshot: snapshot.name, tables: taken.tables.length, rows, recordings, unopened };
    return order.keep === undefined ? made : { ...made, pruned: await prune(to, order.keep, keyring) };
  } finally {
    await lock.release();
  }
}

/** The backup was made already: what cannot be pruned is told beside that. */
async function prune(to: string, keep: number, keyring: Keyring): Promise<Pruned | { refused: string }> {
  try {
    return await pruneBackups(to, keep, keyring);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

async function preparePlace(to: string, { dataDir, recordingsDir }: BackupOrder['config']): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  await refuseMixing(to, [dataDir, recordingsDir]);
  const { mode, uid } = await lstat(await realpath(to));
  if (uid !== process.geteuid?.()) throw new Refused(`${to} belongs to another user. Please choose another place.`);
  if (mode & 0o022) throw new Refused(`Other users may write to ${to}. Please run: chmod 700 '${to}'`);
  await mkdir(recordingsOf(to), { recursive: true, mode: 0o700 });
}

async function takePlace(to: string) {
  return takeProcessLock(join(to, 'backup.lock')).catch((error: unknown) => {
    if (!(error instanceof LockHeld)) throw error;
    throw new Refused(`Another backup to ${to} is running (process ${error.holder.pid}).`);
  });
}

async function writeTables(tx: CopyTx, snapshot: Awaited<ReturnType<typeof beginSnapshot>>) {
  const tables = [];
  for (const table of await listTables(tx)) {
    tables.push({ ...table, ...(await snapshot.writeTable(table.name, copyOut(tx, table))) });
  }
  return tables;
}

async function systemKeysIn({ db }: Connection): Promise<string[]> {
  return [...new Set((await countSealed(db)).map(({ keyId }) => keyId))];
}

async function countUnopened({ db }: Connection, keyring: Keyring): Promise<number> {
  const ids = systemKeyIds(keyring);
  const lost = (await countSealed(db)).filter(({ place, keyId }) => place === 'secrets' && !ids.includes(keyId));
  return lost.reduce((sum, { n }) => sum + n, 0);
}

// What is sealed under a key that was lost before is lost in the backup as well.
function keysIn(keyring: Keyring, ids: readonly string[]): string[] {
  return systemKeyIds(keyring)
    .filter((id) => ids.includes(id))
    .sort();
}

async function publicKeysOf({ config, keyring }: BackupOrder): Promise<string[]> {
  return [...new Set([keyring.recording.publicKeyPem, ...(await readAllPublicKeys(config.dataDir))])];
}

async function copyRecordings(
  { config, to, keyring }: BackupOrder,
  paths: readonly string[],
  publicKeys: readonly string[],
): Promise<RecordingCopy[]> {
  const known = await knownIn(to, keyring);
  const copies: RecordingCopy[] = [];
  for (const path of paths) {
    const order = { from: config.recordingsDir, to: recordingsOf(to), path, publicKeys };
    copies.push(await copyRecording({ ...order, ...foundBefore(known.get(path)) }));
  }
  return copies;
}

function foundBefore(copy: RecordingCopy | undefined): Pick<CopyOrder, 'isSettled' | 'before'> {
  if (copy?.state === 'sealed') return { isSettled: copy.problems.length === 0 };
  return copy?.state === 'growing' && copy.head !== null ? { before: { seq: copy.segments, head: copy.head } } : {};
}

/** What the snapshot before found of each recording, if we made it. */
async function knownIn(to: string, keyring: Keyring): Promise<ReadonlyMap<string, RecordingCopy>> {
  if ((await listSnapshots(to)).length === 0) return new Map();
  const before = await readSnapshot(to).catch((error: unknown) => {
    if (error instanceof Refused) return undefined; // Damaged: then nothing counts as known.
    throw error;
  });
  if (!before || !isManifestOf(before.manifest, keyring)) return new Map();
  return new Map(before.recordings.map((copy) => [copy.path, copy]));
}
