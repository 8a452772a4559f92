import { join } from 'node:path';
import { readConfig } from './config/env.ts';
import { verifyCommand } from './recording/verify-command.ts';

const rootDir = join(import.meta.dirname, '..');

function configFor(argv: string[]) {
  const parsed = readConfig(rootDir, argv);
  if ('help' in parsed) throw new Error(parsed.help);
  return parsed.config;
}

const { status, text } = await verifyCommand(process.argv.slice(2), configFor);
process.stdout.write(`${text}\n`);
process.exitCode = status;
