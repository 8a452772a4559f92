#!/usr/bin/env node
// `npm run rescue -- EMAIL` lets an administrator in again who cannot sign in.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/rescue-command.js');
