import { sql as query } from 'drizzle-orm';
import { connect, type Tx } from './connect.ts';

// Any number that no other kind of advisory lock has; what is locked below it is which keyring a process has read.
const lockClass = 1_725_591_150;
const nothingRead = 0;

export type KeyringReader = {
  /** Makes known that this process is there, before it reads the keyring for the first time. */
  appear(): Promise<void>;
  /** Makes known what it has read, as a number from 1 to 2^31 - 1. */
  note(mark: number): Promise<void>;
  release(): Promise<void>;
};

/**
 * Makes known to whoever changes the keyring which one this process has: by a shared advisory lock on a connection that is
 * kept for it alone, so that it is forgotten with the process, however that ends. `onLost` is called whenever the connection
 * was lost: then the process is not known until it appears again.
 */
export function keyringReader(url: string, { name, onLost }: { name: string; onLost(): void }): KeyringReader {
  let held: number | undefined;
  let isOver = false;
  const { sql, close } = connect(url, {
    max: 1,
    name,
    keep: {
      onLost: () => {
        held = undefined;
        if (!isOver) onLost();
      },
    },
  });

  async function hold(mark: number): Promise<void> {
    if (held === mark) return;
    const before = held;
    await sql`select pg_advisory_lock_shared(${lockClass}, ${mark})`;
    held = mark;
    if (before !== undefined) await sql`select pg_advisory_unlock_shared(${lockClass}, ${before})`;
  }

  return {
    appear: () => hold(held ?? nothingRead),
    note: hold,
    async release() {
      isOver = true;
      await close();
    },
  };
}

export type SeenReader = { pid: number; name: string; mark: number };

/** The processes that run on this database, each with the keyring it has; 0: it is just reading it. */
export async function listKeyringReaders(tx: Tx): Promise<SeenReader[]> {
  const rows = await tx.execute<SeenReader>(query`
    select l.pid, coalesce(a.application_name, '') as name, l.objid::bigint as mark
    from pg_locks l left join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.classid = ${lockClass} and l.objsubid = 2 and l.granted
      and l.database = (select oid from pg_database where datname = current_database())
    order by a.application_name, l.pid`);
  return rows.map(({ pid, name, mark }) => ({ pid, name, mark: Number(mark) }));
}

/** The time by the clock of the database. */
export async function databaseTime(tx: Tx): Promise<Date> {
  const [row] = await tx.execute<{ at: string }>(query`select clock_timestamp()::text as at`);
  return new Date(row?.at ?? Number.NaN);
}

/** Whether a transaction that began before this moment, of another connection of ours, is still open. */
export async function hasOlderTransaction(tx: Tx, before: Date): Promise<boolean> {
  const [row] = await tx.execute<{ found: boolean }>(query`
    select exists (
      select from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
        and xact_start < ${before.toISOString()}
    ) as found`);
  return row?.found === true;
}
