import { join } from 'node:path';
import { keyServiceOf } from './aws/kms.ts';
import { readConfig } from './config/env.ts';
import { keyringCommand } from './supervise/keyring-orders.ts';
import { openDatabase } from './supervise/open-database.ts';

const rootDir = join(import.meta.dirname, '..');

function configFor(argv: string[]) {
  const parsed = readConfig(rootDir, argv);
  if ('help' in parsed) throw new Error(parsed.help);
  return parsed.config;
}

const { status, text } = await keyringCommand(process.argv.slice(2), configFor, {
  openDatabase: (place) => openDatabase(place, 'keyring command'),
  serviceOf: keyServiceOf,
  tell: (line) => void process.stdout.write(`${line}\n`),
  patienceMs: 60_000,
  settleMs: 15_000,
});
process.stdout.write(`${text}\n`);
process.exitCode = status;
