import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Sql } from './connect.ts';

/** A migration as a database remembers it: when it was written (ms), and the hash of its text. */
export type MigrationMark = { when: number; sha256: string };

/** The last migration of a database, for its owner; `undefined` for a database that has none. */
export async function lastMigrationOf(sql: Sql): Promise<MigrationMark | undefined> {
  const [table] = await sql<{ found: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as found`;
  if (!table?.found) return undefined;
  const [last] = await sql<{ hash: string; created_at: number }[]>`
    select hash, created_at from drizzle.__drizzle_migrations order by created_at desc limit 1`;
  return last && { when: Number(last.created_at), sha256: last.hash };
}

/** The place of a migration among those of this program, from 0; -1: this program does not know it. */
export function placeOfMigration(migrationsFolder: string, { when, sha256 }: MigrationMark): number {
  return readMigrationFiles({ migrationsFolder }).findIndex(
    ({ folderMillis, hash }) => folderMillis === when && hash === sha256,
  );
}

type Journal = { entries: { idx: number; tag: string }[] };

/** Writes a folder of migrations to `to` that ends with the one at `place`, as if the later ones were not written yet. */
export async function copyMigrationsUpTo(migrationsFolder: string, place: number, to: string): Promise<void> {
  const text = await readFile(join(migrationsFolder, 'meta', '_journal.json'), 'utf8');
  const journal = JSON.parse(text) as Journal;
  const entries = journal.entries.slice(0, place + 1);
  await mkdir(join(to, 'meta'), { recursive: true });
  await writeFile(join(to, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries }));
  for (const { tag } of entries) await cp(join(migrationsFolder, `${tag}.sql`), join(to, `${tag}.sql`));
}
