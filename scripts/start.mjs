#!/usr/bin/env node
// `npm start`: prepares what is missing, then becomes the supervisor (in this very process, so that signals reach it).
import { prepare } from './prepare.mjs';
import { stopWithNpm } from './stop-with-npm.mjs';

stopWithNpm();
await prepare({ system: process.argv.includes('--demo') ? ['sshd'] : [] });
process.env.NODE_ENV ??= 'production';
process.setSourceMapsEnabled(true);
await import('../dist/supervisor.js');
