import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { connect } from './connect.ts';
import { makeAppRole } from './roles.ts';

// Advisory locks are numbers; any that nobody else takes in this database will do.
const migrationLock = 7_725_591_146;

/**
 * Brings the database to the newest schema as its owner, and makes the application's role with this password. Several
 * may call it at once: one migrates, the others wait and find nothing left to do.
 */
export async function migrateDatabase(
  ownerUrl: string,
  { migrationsFolder, appPassword }: { migrationsFolder: string; appPassword: string },
): Promise<void> {
  // One connection, so that the lock and the migrations share a server session; closing it releases the lock.
  const { sql, db, close } = connect(ownerUrl, { max: 1, name: 'sallyport migrations' });
  try {
    await sql`select pg_advisory_lock(${migrationLock})`;
    await makeAppRole(sql, appPassword);
    await migrate(db, { migrationsFolder });
  } finally {
    await close();
  }
}
