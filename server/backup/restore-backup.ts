import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Connection, connect, type Sql } from '../../db/connect.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { copyMigrationsUpTo, placeOfMigration } from '../../db/migration-marks.ts';
import { type CopyTx, copyIn, listTables, refill, setSequence } from '../../db/whole-database.ts';
import { createAudit } from '../audit/writer.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import { copyRecording } from '../recording/copy.ts';
import { listRecordingPaths } from '../recording/folder.ts';
import { keepOlderPublicKey, keepPublicKey } from '../recording/public-key.ts';
import { Refused } from '../supervise/command.ts';
import { takeDataDir } from '../supervise/data-dir.ts';
import { reachDatabase } from '../supervise/database.ts';
import { createUnwind } from '../supervise/unwind.ts';
import { recordingsOf, refuseMixing, rowsOf, type Snapshot } from './snapshot.ts';

export type RestoreOrder = {
  config: Config;
  /** The place of backups, and the snapshot in it: read, verified, and fitting to the keyring. */
  from: string;
  snapshot: Snapshot;
  clock: Clock;
  log: Log;
  systemUser: string;
};

export type Restored = { tables: number; rows: number; recordings: number };

/**
 * Puts a snapshot into an installation that has nothing yet. Recordings and keys come first, because they may come twice;
 * the database comes in one transaction, and with it the installation is there. Every sign-in ends: some of them were
 * ended since. Throws `Refused` where there is something already, and for a snapshot of a later version.
 */
export async function restoreBackup(order: RestoreOrder): Promise<Restored> {
  const { config, from, snapshot, clock, log, systemUser } = order;
  const { manifest } = snapshot;
  await refuseMixing(from, [config.dataDir, config.recordingsDir]);
  const migrationsFolder = join(config.rootDir, 'db', 'migrations');
  const place = placeOfMigration(migrationsFolder, manifest.migration);
  if (place < 0)
    throw new Refused(
      `${snapshot.name} was made by another version of Sallyport than this. Use that one, or a later one.`,
    );
  const unwind = createUnwind(log);
  try {
    const lock = await takeDataDir(config.dataDir);
    unwind.later('data folder', () => lock.release());
    const server = await reachDatabase(config, log);
    unwind.later('database', () => server.stop());
    const owner = connect(server.ownerUrl, { max: 1, name: 'sallyport restore' });
    unwind.later('database connection', () => owner.close());
    await refuseInstallation(owner.sql, config);
    const paths = new Set(snapshot.recordings.flatMap(({ path, state }) => (state === 'missing' ? [] : [path])));
    await refuseRecordings(config.recordingsDir, paths);

    await copyRecordings(order, paths);
    await keepKeys(config.dataDir, manifest.recordingPublicKeys);
    const migrate = (folder: string) =>
      migrateDatabase(server.ownerUrl, { migrationsFolder: folder, appPassword: server.appPassword });
    await asOf(migrationsFolder, place, migrate);
    await load(owner, order, clock.now());
    await migrate(migrationsFolder);
    // Indexes are in no backup: whoever starts next has them made again.
    await owner.sql`update recordings set index_state = 'none', index_bytes = 0 where index_state <> 'none'`;
    const subject = { snapshot: snapshot.name, recordings: paths.size, systemUser };
    await createAudit({ connection: owner, clock }).append({ kind: 'backup.restored', subject });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    return { tables: manifest.tables.length, rows, recordings: paths.size };
  } finally {
    await unwind.all();
  }
}

/** An installation is there once its row is: made by the first start, or by a restore that came to its end. */
async function refuseInstallation(sql: Sql | CopyTx, { dataDir, databaseUrl }: Config): Promise<void> {
  const [table] = await sql<{ found: boolean }[]>`select to_regclass('public.installation') is not null as found`;
  const rows = table?.found ? await sql`select from installation` : [];
  if (rows.length === 0) return;
  const where = databaseUrl ? 'The database of DATABASE_URL' : dataDir;
  throw new Refused(
    `${where} has an installation already. A backup is restored into an empty one: choose another DATA_DIR.`,
  );
}

async function refuseRecordings(root: string, paths: ReadonlySet<string>): Promise<void> {
  for await (const path of listRecordingPaths(root)) {
    if (paths.has(path)) continue;
    throw new Refused(
      `${root} has recordings that are not of this backup, such as ${path}. Please move them away first.`,
    );
  }
}

async function copyRecordings({ config, from, snapshot }: RestoreOrder, paths: ReadonlySet<string>): Promise<void> {
  await mkdir(config.recordingsDir, { recursive: true, mode: 0o700 });
  const publicKeys = snapshot.manifest.recordingPublicKeys;
  const known = new Map(snapshot.recordings.map((copy) => [copy.path, copy]));
  for (const path of paths) {
    const { state, segments } = known.get(path) ?? {};
    // What goes on in the store beyond this and is not sealed is proven by nobody.
    const upTo = state === 'growing' ? segments : undefined;
    const copy = await copyRecording({ from: recordingsOf(from), to: config.recordingsDir, path, publicKeys, upTo });
    const isWorse = copy.state === 'missing' || (copy.state === 'damaged' && state !== 'damaged');
    if (isWorse) throw new Refused(`The recording ${path} could not be restored: ${copy.problems.join(' ')}`);
  }
}

async function keepKeys(dataDir: string, [present = '', ...older]: readonly string[]): Promise<void> {
  await keepPublicKey(dataDir, present);
  for (const key of older) await keepOlderPublicKey(dataDir, key);
}

/** The schema that the snapshot was taken of, whatever came later: what came later is done to its rows afterwards. */
async function asOf(migrationsFolder: string, place: number, migrate: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-restore-'));
  try {
    await copyMigrationsUpTo(migrationsFolder, place, folder);
    await migrate(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function load({ sql }: Connection, { config, snapshot }: RestoreOrder, now: Date): Promise<void> {
  const { tables, sequences } = snapshot.manifest;
  await sql.begin(async (tx) => {
    // Asked before, too, but copying takes its time. Whoever starts now waits, and finds the restored one.
    await tx`lock table installation in access exclusive mode`;
    await refuseInstallation(tx, config);
    await refuseOtherTables(tx, snapshot);
    await refill(tx, async () => {
      for (const table of tables) await pipeline(rowsOf(snapshot, table), await copyIn(tx, table));
      for (const sequence of sequences) await setSequence(tx, sequence);
    });
    await tx`update login_sessions set revoked_at = ${now.toISOString()} where revoked_at is null`;
    await tx`delete from unlocks`;
    await revokeTokens(tx, now);
  });
}

// What was revoked since the backup would be alive again. Older backups have no tokens.
async function revokeTokens(tx: CopyTx, now: Date): Promise<void> {
  const [{ there } = { there: false }] = await tx<{ there: boolean }[]>`
    select to_regclass('api_tokens') is not null as there`;
  if (there) await tx`update api_tokens set revoked_at = ${now.toISOString()} where revoked_at is null`;
}

// With the very migrations of the snapshot the tables are its own; anything else is not to be guessed at.
async function refuseOtherTables(tx: CopyTx, { name, manifest }: Snapshot): Promise<void> {
  const shapeOf = (table: { name: string; columns: readonly string[] }) => `${table.name} (${table.columns})`;
  const here = (await listTables(tx)).map(shapeOf);
  const there = manifest.tables.map(shapeOf);
  if (here.join() !== there.join()) throw new Refused(`${name} has other tables than its version of Sallyport makes.`);
}
