import { join } from 'node:path';
import { configReader } from './config/env.ts';
import { askDrainState } from './front/control-socket.ts';
import { drainCommand } from './supervise/drain.ts';

const configFor = configReader(join(import.meta.dirname, '..'));

const { status, text } = await drainCommand(process.argv.slice(2), configFor, {
  askState: askDrainState,
  say: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${text}\n`);
process.exitCode = status;
