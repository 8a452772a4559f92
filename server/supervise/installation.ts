import type { Sql } from '../../db/connect.ts';
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
