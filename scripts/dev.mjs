#!/usr/bin/env node
// `npm run dev`: the demo with reload. esbuild rebuilds the server's bundles, and the supervisor restarts the child whose
// bundle changed; Next reloads the portal by itself. A change of the supervisor needs a restart by hand.
import { rmSync } from 'node:fs';
import { forgetBuild, prepare } from './prepare.mjs';
import { stopWithNpm } from './stop-with-npm.mjs';

stopWithNpm();
await prepare({ system: ['sshd'], build: false });
forgetBuild();
rmSync('dist', { recursive: true, force: true });
const [{ context }, { serverBundle }] = await Promise.all([import('esbuild'), import('./build.mjs')]);
const bundles = await context(serverBundle);
await bundles.rebuild();
await bundles.watch();

process.env.NODE_ENV = 'development';
process.argv.push('--demo', '--dev');
process.setSourceMapsEnabled(true);
await import('../dist/supervisor.js');
