#!/usr/bin/env node
// `npm run verify -- SESSION-ID` checks a recording, `npm run verify -- audit` the audit log.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/verify.js');
