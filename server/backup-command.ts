import { join } from 'node:path';
import { keyServiceOf } from './aws/kms.ts';
import { backupCommand } from './backup/backup.ts';
import { readConfig } from './config/env.ts';
import { openDatabase } from './supervise/open-database.ts';
import { findKeyring } from './vault/keyring-file.ts';

const rootDir = join(import.meta.dirname, '..');

function configFor(argv: string[]) {
  const parsed = readConfig(rootDir, argv);
  if ('help' in parsed) throw new Error(parsed.help);
  return parsed.config;
}

const { status, text } = await backupCommand(process.argv.slice(2), configFor, {
  openDatabase: (place) => openDatabase(place, 'backup'),
  readKeyring: ({ keyringPath, keyringKms }) => findKeyring(keyringPath, keyServiceOf(keyringKms)),
});
process.stdout.write(`${text}\n`);
process.exitCode = status;
