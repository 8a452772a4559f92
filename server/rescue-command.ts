import { join } from 'node:path';
import { configReader } from './config/env.ts';
import { createAsker } from './supervise/ask-hidden.ts';
import { openDatabase } from './supervise/open-database.ts';
import { rescueCommand } from './supervise/rescue.ts';

const configFor = configReader(join(import.meta.dirname, '..'));

// The questions go to standard error: standard output is the answer alone.
const asker = createAsker({ input: process.stdin, output: process.stderr });
const { status, text } = await rescueCommand(process.argv.slice(2), configFor, {
  openDatabase: (place) => openDatabase(place, 'rescue'),
  askHidden: asker.ask,
});
asker.close();
process.stdout.write(`${text}\n`);
process.exitCode = status;
