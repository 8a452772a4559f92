#!/usr/bin/env node
// `npm run drain` lets no new sessions begin, and waits with `--wait` until those that run have ended.
import { prepare } from './prepare.mjs';

await prepare();
process.setSourceMapsEnabled(true);
await import('../dist/drain-command.js');
