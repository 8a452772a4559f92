#!/usr/bin/env node
// `npm run soak -- [GIB] [MINUTES]`: what takes too long for every day: large objects and slow uploads through the AWS proxy.
import { spawnSync } from 'node:child_process';
import { prepare } from './prepare.mjs';

await prepare({ system: ['sshd'] });
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'bench/soak.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
