#!/usr/bin/env node
// `npm run e2e [-- ARGUMENTS OF PLAYWRIGHT]`: the built program in a real browser. Closes with one line that adds up.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { prepare } from './prepare.mjs';
import { sumUp } from './run-counted.mjs';

await prepare({ system: ['sshd', 'chromium'] });
const report = path.resolve('.build/playwright.json'); // As playwright.config.ts has it.
rmSync(report, { force: true });
const { status } = spawnSync(
  process.execPath,
  ['node_modules/@playwright/test/cli.js', 'test', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
const { text, failed } = sumUp([count(status)]);
console.log(`\ne2e: ${text}`);
process.exitCode = failed > 0 ? 1 : 0;

/** A test that passed at the second try counts as failed: nothing here may depend on luck. */
function count(status) {
  let counts = { passed: 0, failed: 1, skipped: 0 };
  try {
    const { stats, errors = [] } = JSON.parse(readFileSync(report, 'utf8'));
    const { expected, unexpected, flaky, skipped } = stats;
    counts = { passed: expected, failed: unexpected + flaky + errors.length, skipped };
  } catch {
    console.error('Playwright left no report.');
  }
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}
