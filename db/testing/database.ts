import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { Context } from '../../server/context.ts';
import { type Connection, connect } from '../connect.ts';
import { type TestClock, testContext } from './context.ts';
import { databasePlaceholder, templateDatabase } from './test-server.ts';

export type TestDatabase = AsyncDisposable & {
  /** Logged in as the application's role, as the program is. */
  connection: Connection;
  appUrl: string;
  /** A context on `connection`; each call is another audit writer with a clock of its own. */
  context(): Context & { clock: TestClock };
  /** The owner's; for what the application may not do (moving rows of evidence, dropping). */
  ownerUrl: string;
  /** Drops the database. Throws when somebody is still connected to it: a test that leaks a connection fails. */
  close(): Promise<void>;
};

/** A database of one's own, cloned from the migrated template; about 50 ms. Make one per test file and close it. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = `sallyport_${randomBytes(6).toString('hex')}`;
  const serverUrl = server.ownerUrl.replace(databasePlaceholder, 'postgres');
  await asOwner(serverUrl, `create database ${name} template ${templateDatabase}`);
  const appUrl = server.appUrl.replace(databasePlaceholder, name);
  const connection = connect(appUrl, { name: 'test' });
  const close = async () => {
    await connection.close();
    await dropDatabase(serverUrl, name);
  };
  return {
    connection,
    appUrl,
    context: () => testContext(connection),
    ownerUrl: server.ownerUrl.replace(databasePlaceholder, name),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function asOwner(url: string, statement: string): Promise<void> {
  const owner = connect(url, { max: 1, name: 'test owner' });
  try {
    await owner.sql.unsafe(statement);
  } finally {
    await owner.close();
  }
}

// PostgreSQL itself waits five seconds for sessions that are just closing, then refuses to drop.
async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const owner = connect(serverUrl, { max: 1, name: 'test owner' });
  try {
    await owner.sql.unsafe(`drop database ${name}`);
  } catch (cause) {
    const rest = await owner.sql<{ who: string }[]>`
      select application_name || ': ' || left(query, 80) as who from pg_stat_activity where datname = ${name}`;
    await owner.sql.unsafe(`drop database ${name} with (force)`);
    throw new Error(`A test left connections open: ${rest.map((row) => row.who).join('; ') || 'unknown'}`, { cause });
  } finally {
    await owner.close();
  }
}
