import { join } from 'node:path';
import { connect } from '../db/connect.ts';
import { ownerUrlOf } from '../db/embedded/postgres.ts';
import { readEvidence } from '../db/queries/recordings.ts';
import { verifyAuditCommand } from './audit/verify-command.ts';
import { configReader } from './config/env.ts';
import { type ReadEvidence, verifyCommand } from './recording/verify-command.ts';
import { databaseName } from './supervise/database.ts';
import { isNotRunning, openDatabase } from './supervise/open-database.ts';

const configFor = configReader(join(import.meta.dirname, '..'));

const evidenceOf: ReadEvidence = async ({ dataDir, databaseUrl }, sessionId) => {
  const url = databaseUrl ?? (await ownerUrlOf(dataDir, databaseName));
  if (!url) throw new Error(`${dataDir} has no database.`);
  const connection = connect(url, { max: 1, name: 'sallyport verify' });
  try {
    return await readEvidence(connection.db, sessionId);
  } catch (error) {
    const cause = (error as Error).cause ?? error; // The outer one quotes the query.
    throw isNotRunning(cause) ? new Error('Its database does not run.') : cause;
  } finally {
    await connection.close();
  }
};

const [first, ...rest] = process.argv.slice(2);
const { status, text } =
  first === 'audit'
    ? await verifyAuditCommand(rest, configFor, openDatabase)
    : await verifyCommand(process.argv.slice(2), configFor, evidenceOf);
process.stdout.write(`${text}\n`);
process.exitCode = status;
