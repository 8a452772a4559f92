#!/usr/bin/env node
// `npm run backup`: see docs/backup.md.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/backup-command.js');
