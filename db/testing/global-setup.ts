import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createLog } from '../../server/log.ts';
import { connect } from '../connect.ts';
import { type Place, removePlace } from '../embedded/place.ts';
import { startEmbeddedPostgres } from '../embedded/postgres.ts';
import { migrateDatabase } from '../migrate.ts';
import { appRole } from '../roles.ts';
import { databasePlaceholder, templateDatabase } from './test-server.ts';

const folderPattern = /^sallyport-test-(\d+)-/;

/** One real PostgreSQL for a whole run, with one migrated template that each test file clones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeDeadRuns();
  const dataDir = await mkdtemp(join(tmpdir(), `sallyport-test-${process.pid}-`));
  const server = await startEmbeddedPostgres({ dataDir, fsync: false, log: createLog('test database', 'warn') });
  const appPassword = randomBytes(12).toString('base64url');
  const owner = connect(server.ownerUrl('postgres'), { max: 1, name: 'test setup' });
  await owner.sql.unsafe(`create database ${templateDatabase}`);
  await owner.close();
  await migrateDatabase(server.ownerUrl(templateDatabase), {
    migrationsFolder: join(import.meta.dirname, '../migrations'),
    appPassword,
  });
  project.provide('testServer', {
    ownerUrl: server.ownerUrl(databasePlaceholder),
    appUrl: server.urlFor({ user: appRole, password: appPassword }, databasePlaceholder),
  });
  return async () => {
    await server.stop({ remove: true });
    await rm(dataDir, { recursive: true, force: true });
  };
}

// A run that was killed cannot tidy up: its server stopped with it, and the next run removes what it left on disk.
async function removeDeadRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = folderPattern.exec(name)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    const dataDir = join(tmpdir(), name);
    try {
      const note = await readFile(join(dataDir, 'postgres.json'), 'utf8').catch(() => 'null');
      const place = JSON.parse(note) as Place | null;
      if (place) await removePlace(dataDir, place);
      await rm(dataDir, { recursive: true, force: true });
    } catch {
      // Somebody else's, or another run is removing it right now.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
