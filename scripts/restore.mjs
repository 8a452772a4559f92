#!/usr/bin/env node
// `npm run restore`: see docs/backup.md.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/restore-command.js');
