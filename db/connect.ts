import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema.ts';

export type Sql = postgres.Sql;
export type Db = ReturnType<typeof drizzle<typeof schema, Sql>>;
/** What a query takes first: a connection's transaction, or the pool where one statement is enough. */
export type Tx = Db | Parameters<Parameters<Db['transaction']>[0]>[0];

export type Connection = { sql: Sql; db: Db; close(): Promise<void> };

export type ConnectOptions = {
  max?: number;
  name?: string;
  /** For a connection that holds a lock: it is never renewed, and its loss is told. */
  keep?: { onLost(): void };
};

/**
 * A pool of connections to PostgreSQL. Byte counts (int8) are read as numbers; notices are dropped. As with libpq,
 * `?host=/directory` in the URL names a Unix socket.
 */
export function connect(url: string, { max = 10, name = 'sallyport', keep }: ConnectOptions = {}): Connection {
  const { address, host } = takeHost(url);
  const sql = postgres(address, {
    ...(host ? { host } : {}),
    ...(keep ? { max_lifetime: null, onclose: () => keep.onLost() } : {}),
    max,
    onnotice: () => undefined,
    connection: { application_name: name },
    types: { int8: { to: 20, from: [20], serialize: String, parse: Number } },
  }) as unknown as Sql;
  return { sql, db: drizzle(sql, { schema }), close: () => sql.end({ timeout: 5 }) };
}

// The driver would hand `host` to the server as a setting, which refuses it. libpq lets the name before it be empty.
function takeHost(url: string): { address: string; host: string | null } {
  const parsed = new URL(url.replace('@/', '@localhost/'));
  const host = parsed.searchParams.get('host');
  if (!host) return { address: url, host };
  parsed.searchParams.delete('host');
  return { address: parsed.href, host };
}
