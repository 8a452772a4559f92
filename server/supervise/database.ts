import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Connection, connect } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded/postgres.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { appRole, assertAppRoleIsWeak, RoleTooStrong } from '../../db/roles.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import { claimInstallation, refuseOtherKind } from './installation.ts';
import { StartError } from './start-error.ts';

export type Database = {
  /** Connection string of the role `sallyport_app`. */
  appUrl: string;
  /** Settles when the embedded server ends; never for a server of somebody else's. */
  ended: Promise<number>;
  stop(): Promise<void>;
};

/** The embedded server's. */
export const databaseName = 'sallyport';

/** A migrated database of the right kind (demo or real), reachable with a role that cannot touch evidence. */
export async function prepareDatabase(config: Config, log: Log): Promise<Database> {
  const server = await reachDatabase(config, log);
  try {
    await withConnection(server.ownerUrl, (owner) => refuseOtherKind(owner.sql, config.demo));
    await migrateDatabase(server.ownerUrl, {
      migrationsFolder: join(config.rootDir, 'db', 'migrations'),
      appPassword: server.appPassword,
    });
    await withConnection(server.ownerUrl, (owner) => claimInstallation(owner.sql, config.demo));
    await withConnection(server.appUrl, (app) => assertAppRoleIsWeak(app.sql));
    return server;
  } catch (error) {
    await server.stop();
    if (error instanceof RoleTooStrong) throw new StartError(error.message);
    throw error;
  }
}

export type Server = Database & { ownerUrl: string; appPassword: string };

/** The server of the configuration with a database on it, whatever is in there; an embedded one is started. */
export async function reachDatabase(config: Config, log: Log): Promise<Server> {
  const { databaseUrl, databaseOwnerUrl } = config;
  return databaseUrl && databaseOwnerUrl
    ? reachServer(databaseUrl, databaseOwnerUrl)
    : startEmbedded(config.dataDir, log);
}

/** The role's password is new at every start: nobody needs to keep it. */
async function startEmbedded(dataDir: string, log: Log): Promise<Server> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  const appPassword = randomBytes(24).toString('base64url');
  await withConnection(postgres.ownerUrl('postgres'), async ({ sql }) => {
    const [found] = await sql`select from pg_database where datname = ${databaseName}`;
    if (!found) await sql`create database ${sql(databaseName)}`;
  });
  return {
    appUrl: postgres.urlFor({ user: appRole, password: appPassword }, databaseName),
    ownerUrl: postgres.ownerUrl(databaseName),
    appPassword,
    ended: postgres.exited,
    stop: () => postgres.stop(),
  };
}

/** Somebody's own server. Its role must be ours and have a password, which the migrations set. */
async function reachServer(appUrl: string, ownerUrl: string): Promise<Server> {
  const { username, password } = new URL(appUrl);
  if (username !== appRole || !password) {
    throw new StartError(
      `DATABASE_URL must sign in as ${appRole} with a password: postgres://${appRole}:…@host/database`,
    );
  }
  await withConnection(ownerUrl, ({ sql }) => sql`select 1`).catch((error: Error) => {
    throw new StartError(`The database of DATABASE_OWNER_URL cannot be reached: ${error.message}`, { cause: error });
  });
  return {
    appUrl,
    ownerUrl,
    appPassword: decodeURIComponent(password),
    ended: new Promise(() => undefined),
    stop: async () => undefined,
  };
}

async function withConnection<T>(url: string, work: (connection: Connection) => PromiseLike<T>): Promise<T> {
  const connection = connect(url, { max: 1, name: 'sallyport supervisor' });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
