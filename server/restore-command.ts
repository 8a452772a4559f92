import { join } from 'node:path';
import { keyServiceOf } from './aws/kms.ts';
import { restoreCommand } from './backup/restore.ts';
import { configReader } from './config/env.ts';
import { findKeyring } from './vault/keyring-file.ts';

const configFor = configReader(join(import.meta.dirname, '..'));

const { status, text } = await restoreCommand(process.argv.slice(2), configFor, ({ keyringPath, keyringKms }) =>
  findKeyring(keyringPath, keyServiceOf(keyringKms)),
);
process.stdout.write(`${text}\n`);
process.exitCode = status;
