#!/usr/bin/env node
// `npm run bench -- [--json] [NAME]`: speed and memory beside plain ssh2 + ws, as ratios.
import { spawnSync } from 'node:child_process';
import { prepare } from './prepare.mjs';

// With --json, standard output belongs to the figures.
if (process.argv.includes('--json')) console.log = console.error;
await prepare({ system: ['sshd'] });
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
