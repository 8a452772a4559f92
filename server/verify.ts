import { join } from 'node:path';
import { type Connection, connect } from '../db/connect.ts';
import { ownerUrlOf, startEmbeddedPostgres } from '../db/embedded/postgres.ts';
import { LockHeld } from '../db/embedded/process-lock.ts';
import { readEvidence } from '../db/queries/recordings.ts';
import { type OpenDatabase, verifyAuditCommand } from './audit/verify-command.ts';
import { readConfig } from './config/env.ts';
import { createLog } from './log.ts';
import { type ReadEvidence, verifyCommand } from './recording/verify-command.ts';
import { databaseName } from './supervise/database.ts';

const rootDir = join(import.meta.dirname, '..');

function configFor(argv: string[]) {
  const parsed = readConfig(rootDir, argv);
  if ('help' in parsed) throw new Error(parsed.help);
  return parsed.config;
}

const connectTo = (url: string) => connect(url, { max: 1, name: 'sallyport verify' });

const evidenceOf: ReadEvidence = async ({ dataDir, databaseUrl }, sessionId) => {
  const url = databaseUrl ?? (await ownerUrlOf(dataDir, databaseName));
  if (!url) throw new Error(`${dataDir} has no database.`);
  const connection = connectTo(url);
  try {
    return await readEvidence(connection.db, sessionId);
  } catch (error) {
    throw isNotRunning(error) ? new Error('Sallyport does not run here.') : error;
  } finally {
    await connection.close();
  }
};

/** An embedded server that nobody runs is started for as long as it takes. */
const openDatabase: OpenDatabase = async ({ dataDir, databaseUrl }) => {
  const url = databaseUrl ?? (await ownerUrlOf(dataDir, databaseName));
  if (!url) return undefined;
  const running = connectTo(url);
  if (databaseUrl || (await answers(running))) return running;
  await running.close();
  const server = await startEmbeddedPostgres({ dataDir, log: createLog('verify', 'warn') }).catch((error) => {
    throw error instanceof LockHeld ? new Error('Sallyport is just starting or stopping. Try again.') : error;
  });
  const connection = connectTo(server.ownerUrl(databaseName));
  const close = async () => {
    await connection.close();
    await server.stop();
  };
  return { db: connection.db, close };
};

async function answers({ sql }: Connection): Promise<boolean> {
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    if (isNotRunning(error)) return false;
    throw error;
  }
}

function isNotRunning(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED' || (cause !== undefined && isNotRunning(cause));
}

const [first, ...rest] = process.argv.slice(2);
const { status, text } =
  first === 'audit'
    ? await verifyAuditCommand(rest, configFor, openDatabase)
    : await verifyCommand(process.argv.slice(2), configFor, evidenceOf);
process.stdout.write(`${text}\n`);
process.exitCode = status;
