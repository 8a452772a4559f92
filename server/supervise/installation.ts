import { type Connection, connect, type Sql } from '../../db/connect.ts';
import { StartError } from './start-error.ts';

/**
 * Refuses a demo on a real installation's database and the other way round. Asked before anything is changed, so it
 * may meet a database without our tables.
 */
export async function refuseOtherKind(sql: Sql, demo: boolean): Promise<void> {
  const [table] = await sql<{ found: boolean }[]>`select to_regclass('public.installation') is not null as found`;
  if (!table?.found) return;
  const [installation] = await sql<{ demo: boolean }[]>`select demo from installation`;
  if (installation) compare(installation.demo, demo);
}

/** Makes this database a demo or a real installation for good; the first who says so decides. */
export async function claimInstallation(sql: Sql, demo: boolean): Promise<void> {
  await sql`insert into installation (demo) values (${demo}) on conflict do nothing`;
  const [installation] = await sql<{ demo: boolean }[]>`select demo from installation`;
  if (installation) compare(installation.demo, demo);
}

function compare(isDemo: boolean, wantDemo: boolean): void {
  if (isDemo && !wantDemo) {
    throw new StartError(
      'This database belongs to a demo, whose passwords are written down. Start with --demo, or use another DATA_DIR or DATABASE_URL.',
    );
  }
  if (!isDemo && wantDemo) {
    throw new StartError(
      'This database belongs to a real installation, and --demo would add people to it. Start without --demo, or use another DATA_DIR or DATABASE_URL.',
    );
  }
}

// Any number that is not the migrations'.
const installationLock = 7_725_591_147;

/**
 * Takes this database for one supervisor, wherever it runs: two would end each other's sessions. The lock lasts as long
 * as the connection that is returned, which therefore has no end of its own.
 * Throws StartError when another one has it.
 */
export async function holdInstallation(appUrl: string): Promise<Connection> {
  const url = new URL(appUrl);
  url.searchParams.set('max_lifetime', '0');
  const connection = connect(url.href, { max: 1, name: 'sallyport supervisor' });
  const [lock] = await connection.sql<{ taken: boolean }[]>`select pg_try_advisory_lock(${installationLock}) as taken`;
  if (lock?.taken) return connection;
  await connection.close();
  throw new StartError(
    'Another Sallyport runs on this database. There can be one at a time; please stop the other first.',
  );
}
