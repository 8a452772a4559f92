#!/usr/bin/env node
// `npm run verify -- SESSION-ID`: checks a recording against its hash chain and signature.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/verify.js');
