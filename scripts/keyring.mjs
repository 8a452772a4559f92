#!/usr/bin/env node
// `npm run keyring -- status | rotate | to-kms | to-file` works on the keyring.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/keyring-command.js');
