import { join } from 'node:path';
import { keyServiceOf } from './aws/kms.ts';
import { configReader } from './config/env.ts';
import { keyringCommand } from './supervise/keyring-orders.ts';
import { openDatabase } from './supervise/open-database.ts';

const configFor = configReader(join(import.meta.dirname, '..'));

const { status, text } = await keyringCommand(process.argv.slice(2), configFor, {
  openDatabase: (place) => openDatabase(place, 'keyring command'),
  serviceOf: keyServiceOf,
  tell: (line) => void process.stdout.write(`${line}\n`),
  patienceMs: 60_000,
  settleMs: 15_000,
});
process.stdout.write(`${text}\n`);
process.exitCode = status;
