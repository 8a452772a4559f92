import { join } from 'node:path';
import { keyServiceOf } from './aws/kms.ts';
import { backupCommand } from './backup/backup.ts';
import { configReader } from './config/env.ts';
import { openDatabase } from './supervise/open-database.ts';
import { findKeyring } from './vault/keyring-file.ts';

const configFor = configReader(join(import.meta.dirname, '..'));

const { status, text } = await backupCommand(process.argv.slice(2), configFor, {
  openDatabase: (place) => openDatabase(place, 'backup'),
  readKeyring: ({ keyringPath, keyringKms }) => findKeyring(keyringPath, keyServiceOf(keyringKms)),
});
process.stdout.write(`${text}\n`);
process.exitCode = status;
