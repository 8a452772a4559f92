import { type Connection, connect } from '../../db/connect.ts';
import { ownerUrlOf, startEmbeddedPostgres } from '../../db/embedded/postgres.ts';
import { LockHeld } from '../../db/embedded/process-lock.ts';
import type { Config } from '../config/config.ts';
import { createLog } from '../log.ts';
import { databaseName } from './database.ts';

/**
 * The database of an installation for a command beside it, called `name` there, whether the installation runs or not: an embedded
 * server that nobody runs is started, and stopped by `close`. `undefined` when there is none yet; none is made.
 */
export async function openDatabase(
  { dataDir, databaseUrl }: Pick<Config, 'dataDir' | 'databaseUrl'>,
  name = 'verify',
): Promise<Connection | undefined> {
  const connectTo = (address: string) => connect(address, { max: 1, name: `sallyport ${name}` });
  if (databaseUrl) return connectTo(databaseUrl);
  const url = await ownerUrlOf(dataDir, databaseName);
  if (!url) return undefined;
  const running = connectTo(url);
  if (await answers(running)) return running;
  await running.close();
  const server = await startEmbeddedPostgres({ dataDir, log: createLog(name, 'error') }).catch((error) => {
    throw error instanceof LockHeld ? new Error('Sallyport is just starting or stopping. Please try again.') : error;
  });
  const connection = connectTo(server.ownerUrl(databaseName));
  const close = async () => {
    await connection.close();
    await server.stop();
  };
  return { ...connection, close };
}

/** Nobody listens at the address of a connection: the server does not run. */
export function isNotRunning(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

async function answers({ sql }: Connection): Promise<boolean> {
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    if (isNotRunning(error)) return false;
    throw error;
  }
}
