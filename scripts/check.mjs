#!/usr/bin/env node
// `npm run check`: format, lint, types, import rule, cycles, unit and database tests. Closes with one line that adds them up.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

process.chdir(path.resolve(import.meta.dirname, '..'));
mkdirSync('.build', { recursive: true });
const vitestReport = '.build/vitest.json';
rmSync(vitestReport, { force: true });

const bin = (name) => path.join('node_modules', '.bin', name);
const stages = [
  { name: 'format and lint', run: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', run: [bin('tsc'), '-p', '.'] },
  { name: 'types of protocol code, without a platform', run: [bin('tsc'), '-p', 'server/protocol'] },
  { name: 'import rule and cycles', run: [process.execPath, 'scripts/import-rule.mjs'] },
  {
    name: 'unit and database tests',
    run: [bin('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
    count: () => countVitest(),
  },
];

let passed = 0;
let failed = 0;
for (const { name, run, count } of stages) {
  const started = performance.now();
  console.log(`\n— ${name}`);
  const succeeded = (await exitCodeOf(run)) === 0;
  const result = count?.() ?? { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1 };
  // A runner that dies before it reports has failed, whatever it counted.
  if (!succeeded && result.failed === 0) result.failed = 1;
  passed += result.passed;
  failed += result.failed;
  console.log(`  ${succeeded ? 'ok' : 'FAILED'}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
console.log(`\ncheck: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function exitCodeOf([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`  cannot run ${command}: ${error.message}. Run \`npm ci\` first.`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function countVitest() {
  try {
    const report = JSON.parse(readFileSync(vitestReport, 'utf8'));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0),
    };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
