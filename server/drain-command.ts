import { join } from 'node:path';
import { readConfig } from './config/env.ts';
import { askDrainState } from './front/control-socket.ts';
import { drainCommand } from './supervise/drain.ts';

const rootDir = join(import.meta.dirname, '..');

function configFor(argv: string[]) {
  const parsed = readConfig(rootDir, argv);
  if ('help' in parsed) throw new Error(parsed.help);
  return parsed.config;
}

const { status, text } = await drainCommand(process.argv.slice(2), configFor, {
  askState: askDrainState,
  say: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${text}\n`);
process.exitCode = status;
