#!/usr/bin/env node
// `npm test`: everything. Closes with `N passed, N failed`, all runners added up.
import { prepare } from './prepare.mjs';
import { runCounted, sumUp } from './run-counted.mjs';

await prepare({ system: ['sshd', 'chromium'] });
// The browser tests run whatever the checks said: one run tells all that is wrong.
const counts = [await runCounted('scripts/check.mjs'), await runCounted('scripts/e2e.mjs')];
const { text, failed } = sumUp(counts);
console.log(`\n${text}`);
process.exitCode = failed > 0 ? 1 : 0;
