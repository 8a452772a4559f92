import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { checkCopy, type RecordingCopy } from '../recording/copy.ts';
import { recordingFolder, syncFolder } from '../recording/folder.ts';
import { Refused } from '../supervise/command.ts';
import { type BackupManifest, createMark, type FileMark, parseBackup, RecordingLineSchema } from './manifest.ts';

// A place of backups: DIR/recordings is one store that all snapshots share, DIR/snapshots/<moment> one database each.
const draftEnd = '.draft';
const manifestFile = 'manifest.json';
const recordingsFile = 'recordings.ndjson';
const snapshotPattern = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-\d{3}Z$/;

export const recordingsOf = (dir: string) => join(dir, 'recordings');
const nameOf = (moment: string) => moment.replaceAll(/[:.]/g, '-');
export const snapshotsOf = (dir: string) => join(dir, 'snapshots');
const tableFile = (name: string) => `${name}.copy`;

/** A snapshot as it was read: whole, but not yet compared with what its manifest says of its files. */
export type Snapshot = { name: string; folder: string; manifest: BackupManifest; recordings: RecordingCopy[] };

/** Throws `Refused` where a place of backups and folders of an installation are the same, or within each other. */
export async function refuseMixing(dir: string, folders: readonly string[]): Promise<void> {
  const here = await realPlace(dir);
  const stores = [await realPlace(recordingsOf(here)), await realPlace(snapshotsOf(here))];
  for (const folder of folders) {
    const there = await realPlace(folder);
    if (isWithin(here, there))
      throw new Refused(`${dir} is inside of what is backed up. Please choose another place, best on another machine.`);
    if (stores.some((store) => isWithin(there, store) || isWithin(store, there)))
      throw new Refused(`${dir} would be mixed with what is backed up, ${there}. Please choose another place.`);
  }
}

const realPlace = (path: string) => realpath(path).catch(() => resolve(path));
const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);

/** The folder of a new snapshot; it counts once `finish` gave it its name. Takes away what earlier ones left undone. */
export async function beginSnapshot(dir: string, madeAt: Date) {
  const above = snapshotsOf(dir);
  await mkdir(above, { recursive: true, mode: 0o700 });
  for (const left of await readdir(above)) {
    if (left.endsWith(draftEnd)) await rm(join(above, left), { recursive: true, force: true });
  }
  const name = nameOf(madeAt.toISOString());
  const draft = join(above, `${name}${draftEnd}`);
  await mkdir(draft, { mode: 0o700 });
  return {
    name,
    writeTable: (table: string, rows: AsyncIterable<Uint8Array>) => writeFileOf(join(draft, tableFile(table)), rows),
    writeRecordings: (recordings: readonly RecordingCopy[]) =>
      writeFileOf(join(draft, recordingsFile), recordings.map(lineOf)),
    async finish(manifest: string): Promise<void> {
      await writeFileOf(join(draft, manifestFile), [Buffer.from(manifest)]);
      await syncFolder(draft);
      await rename(draft, join(above, name));
      await syncFolder(above);
    },
  };
}

const lineOf = ({ path, state, segments, head, problems }: RecordingCopy) =>
  Buffer.from(`${JSON.stringify({ path, state, segments, head, problems })}\n`);

async function writeFileOf(path: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<FileMark> {
  const { take, mark } = createMark();
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    for await (const piece of pieces) {
      take(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return mark();
}

/** The names of the snapshots in a place of backups, the oldest first. */
export async function listSnapshots(dir: string): Promise<string[]> {
  const names = await readdir(snapshotsOf(dir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names.filter((name) => snapshotPattern.test(name)).sort();
}

/** Reads a snapshot, the latest unless one is named. Throws `Refused` for one that is not there or not whole. */
export async function readSnapshot(dir: string, wanted?: string): Promise<Snapshot> {
  const names = await listSnapshots(dir);
  const name = wanted ?? names.at(-1);
  if (name === undefined) throw new Refused(`There is no backup in ${dir}.`);
  if (!names.includes(name)) throw new Refused(`There is no snapshot of that name. There are: ${names.join(', ')}.`);
  const folder = join(snapshotsOf(dir), name);
  const manifest = parseBackup(await readFile(join(folder, manifestFile), 'utf8').catch(() => ''));
  if (!manifest) throw new Refused(`The snapshot ${name} is damaged: its manifest.json is missing or changed.`);
  // By its name it is found to be the latest, or not.
  if (name !== nameOf(manifest.madeAt))
    throw new Refused(
      `The snapshot ${name} is damaged: it was made at ${manifest.madeAt}, and got another name since.`,
    );
  const text = await readFile(join(folder, recordingsFile)).catch(() => Buffer.alloc(0));
  if (!isAsMarked(text, manifest.recordings))
    throw new Refused(`The snapshot ${name} is damaged: ${recordingsFile} is missing or changed.`);
  const lines = text.toString().split('\n').filter(Boolean);
  return { name, folder, manifest, recordings: lines.map((line) => RecordingLineSchema.parse(JSON.parse(line))) };
}

function isAsMarked(bytes: Uint8Array, wanted: FileMark): boolean {
  const { take, mark } = createMark();
  take(bytes);
  return isSameMark(mark(), wanted);
}

function isSameMark(one: FileMark, other: FileMark): boolean {
  return one.rows === other.rows && one.bytes === other.bytes && one.sha256 === other.sha256;
}

type Table = BackupManifest['tables'][number];

/** The rows of a table for the database. Throws at their end when they are not those of the manifest. */
export async function* rowsOf({ folder, name: snapshot }: Snapshot, table: Table): AsyncGenerator<Uint8Array> {
  const file = await openTable(folder, table.name).catch(() => undefined);
  if (!file) throw new Refused(`The snapshot ${snapshot} is damaged: ${tableFile(table.name)} is missing.`);
  const { take, mark } = createMark();
  for await (const piece of file.createReadStream()) {
    take(piece);
    yield piece;
  }
  if (isSameMark(mark(), table)) return;
  throw new Refused(`The snapshot ${snapshot} is damaged: ${tableFile(table.name)} was changed.`);
}

function openTable(folder: string, name: string): Promise<FileHandle> {
  return open(join(folder, tableFile(name)), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** Reads every byte of a snapshot and of the recordings it needs, and says in sentences what is not as it was made. */
export async function problemsIn(dir: string, snapshot: Snapshot): Promise<string[]> {
  const problems: string[] = [];
  for (const table of snapshot.manifest.tables) {
    try {
      for await (const _ of rowsOf(snapshot, table));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.push(error.message);
    }
  }
  for (const recording of snapshot.recordings) problems.push(...(await problemsOf(dir, snapshot.manifest, recording)));
  return problems;
}

// What was damaged before it was copied was said when the backup was made; it is no fault of the backup.
async function problemsOf(dir: string, manifest: BackupManifest, { path, state, segments, head }: RecordingCopy) {
  if (state === 'missing' || state === 'damaged' || head === null) return [];
  const folder = recordingFolder(recordingsOf(dir), path);
  const found = await stat(folder).catch(() => undefined);
  if (!found) return [`The recording ${path} is missing.`];
  const publicKeys = manifest.recordingPublicKeys;
  const checked = await checkCopy({ folder, path, publicKeys, atLeast: { seq: segments, head } });
  if (checked.state === 'damaged') return checked.problems.map((problem) => `The recording ${path}: ${problem}`);
  return state === 'sealed' && checked.state !== 'sealed' ? [`The recording ${path} is not sealed any more.`] : [];
}
