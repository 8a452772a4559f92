#!/usr/bin/env node
// `npm run build`: bundles the server's entry points into dist/, then builds the portal with Next.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

process.chdir(path.resolve(import.meta.dirname, '..'));

// Packages stay outside: they are installed anyway, and native ones cannot be bundled.
export const serverBundle = {
  entryPoints: [
    'supervisor',
    'gateway',
    'portal-server',
    'aws-sidecar',
    'recording/screen-worker',
    'recording/index-worker',
    'recording/verify-child',
    'verify',
    'drain-command',
    'rescue-command',
    'keyring-command',
    'backup-command',
    'restore-command',
  ]
    .map((name) => `server/${name}.ts`)
    .filter((file) => existsSync(file)),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
};

if (import.meta.filename === path.resolve(process.argv[1] ?? '')) {
  rmSync('dist', { recursive: true, force: true });
  await build(serverBundle);
  const next = spawnSync(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
    stdio: 'inherit',
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  process.exitCode = next.status ?? 1;
}
