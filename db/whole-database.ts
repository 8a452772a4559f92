import type { Writable } from 'node:stream';
import type postgres from 'postgres';
import type { Sql } from './connect.ts';

/** Of a transaction of the driver itself: COPY has no place in a query builder. */
export type CopyTx = postgres.TransactionSql;

export type TableShape = { name: string; columns: string[] };
export type SequenceState = { name: string; lastValue: number };

/** Runs `work` on one unchanging picture of the database, while others go on writing. */
export async function inOneSnapshot<T>(sql: Sql, work: (tx: CopyTx) => Promise<T>): Promise<T> {
  return (await sql.begin('isolation level repeatable read read only', work)) as T;
}

/** Every table with its columns, but for those that the database works out by itself. */
export async function listTables(tx: CopyTx): Promise<TableShape[]> {
  const rows = await tx<{ name: string; columns: string[] }[]>`
    select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    group by c.relname order by c.relname`;
  return rows.map(({ name, columns }) => ({ name, columns: [...columns] }));
}

/** Where the numbering of ids stands. Sequences stand outside of transactions: ask after the snapshot was taken. */
export async function listSequences(tx: CopyTx): Promise<SequenceState[]> {
  const rows = await tx<{ name: string; last_value: number | null }[]>`
    select sequencename::text as name, last_value from pg_sequences where schemaname = 'public' order by 1`;
  return rows.flatMap(({ name, last_value: lastValue }) => (lastValue === null ? [] : [{ name, lastValue }]));
}

/** The rows of a table as PostgreSQL's text: a line for each row, and no other line feeds. */
export async function* copyOut(tx: CopyTx, table: TableShape): AsyncGenerator<Uint8Array> {
  const rows = await tx.unsafe(`copy ${listed(table)} to stdout (encoding 'UTF8')`).readable();
  yield* rows;
  // The driver lets its socket wait for a reader that lags, and would leave it waiting for ever after the last row.
  rows._read(0);
}

/** Takes what `copyOut` gave. The rows are there when the stream has finished. */
export async function copyIn(tx: CopyTx, table: TableShape): Promise<Writable> {
  return tx.unsafe(`copy ${listed(table)} from stdin (encoding 'UTF8')`).writable();
}

/**
 * Empties every table and lets `fill` put rows in, in any order: foreign keys are taken away before, and put back and
 * checked after it. Needs the owner of the tables.
 */
export async function refill(tx: CopyTx, fill: () => Promise<void>): Promise<void> {
  const keys = await tx<{ owner: string; name: string; definition: string }[]>`
    select conrelid::regclass::text as owner, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by 1, 2`;
  for (const { owner, name } of keys) await tx.unsafe(`alter table ${owner} drop constraint ${name}`);
  const tables = await listTables(tx);
  await tx.unsafe(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`);
  await fill();
  for (const { owner, name, definition } of keys) {
    await tx.unsafe(`alter table ${owner} add constraint ${name} ${definition}`);
  }
}

export async function setSequence(tx: CopyTx, { name, lastValue }: SequenceState): Promise<void> {
  await tx`select setval(${`public.${quoted(name)}`}::regclass, ${lastValue})`;
}

function listed({ name, columns }: TableShape): string {
  return `public.${quoted(name)} (${columns.map(quoted).join(', ')})`;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
