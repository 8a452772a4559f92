#!/usr/bin/env node
// Checks the import rule of .dependency-cruiser.cjs over app, server and db. `--root DIR` checks another tree by the same rule.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const home = path.resolve(import.meta.dirname, '..');
const rootFlag = process.argv.indexOf('--root');
const root = rootFlag > 0 ? path.resolve(process.argv[rootFlag + 1] ?? '.') : home;
const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

process.chdir(root);
const folders = ['app', 'server', 'db', 'e2e', 'bench'].filter((folder) => existsSync(folder));
const { output } = await cruise(
  folders,
  { ...options, ruleSet: { forbidden }, validate: true },
  options.enhancedResolveOptions,
  { tsConfig: extractTSConfig(path.join(home, 'tsconfig.json')) },
);

const modules = output.modules.filter((module) => folders.some((folder) => module.source.startsWith(`${folder}/`)));
const messages = new Map(forbidden.map((rule) => [rule.name, rule.comment]));
const problems = output.summary.violations.map(
  ({ from, to, rule, cycle }) =>
    `${from} -> ${cycle ? cycle.map((step) => step.name).join(' -> ') : to}\n    ${rule.name}: ${messages.get(rule.name)}`,
);
problems.push(...clientProblems(modules));

// With a TypeScript it does not know, the cruiser reads nothing and finds nothing wrong: that must not pass.
if (modules.length === 0)
  problems.push('0 modules cruised: the cruiser and TypeScript do not fit together, so nothing was checked.');

for (const problem of problems) console.error(`  ${problem}`);
console.log(`import rule: ${modules.length} modules, ${problems.length} violations`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** What a file of the browser reaches by value, server actions aside, is in its bundle: it may be app code and protocol code only. */
function clientProblems(all) {
  const dependenciesOf = new Map(all.map(({ source, dependencies }) => [source, dependencies.filter(isBundled)]));
  const clients = all
    .map(({ source }) => source)
    .filter((file) => /^app\//.test(file) && startsWith(file, 'use client'));
  return clients.flatMap((client) => {
    const bundle = new Set([client]);
    const found = [];
    for (const file of bundle) {
      for (const { resolved } of dependenciesOf.get(file) ?? []) {
        if (resolved.startsWith('app/')) bundle.add(resolved);
        else found.push([...new Set([client, file, resolved])].join(' -> '));
      }
    }
    return found.map(
      (way) =>
        `${way}\n    client-files-stay-in-the-browser: pass it as a prop from a server component, or move it to server/protocol.`,
    );
  });
}

function isBundled({ resolved, dependencyTypes }) {
  if (dependencyTypes.includes('type-only') || !/^(app|server|db)\//.test(resolved) || /\.css$/.test(resolved))
    return false;
  return !/^server\/protocol\//.test(resolved) && !startsWith(resolved, 'use server');
}

function startsWith(file, directive) {
  return new RegExp(`^(\\s|//.*\\n|/\\*[\\s\\S]*?\\*/)*['"]${directive}['"]`).test(readFileSync(file, 'utf8'));
}
