import { join } from 'node:path';
import { readConfig } from './config/env.ts';
import { createAsker } from './supervise/ask-hidden.ts';
import { openDatabase } from './supervise/open-database.ts';
import { rescueCommand } from './supervise/rescue.ts';

const rootDir = join(import.meta.dirname, '..');

function configFor(argv: string[]) {
  const parsed = readConfig(rootDir, argv);
  if ('help' in parsed) throw new Error(parsed.help);
  return parsed.config;
}

// The questions go to standard error: standard output is the answer alone.
const asker = createAsker({ input: process.stdin, output: process.stderr });
const { status, text } = await rescueCommand(process.argv.slice(2), configFor, {
  openDatabase: (place) => openDatabase(place, 'rescue'),
  askHidden: asker.ask,
});
asker.close();
process.stdout.write(`${text}\n`);
process.exitCode = status;
