import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles the thread as the build does, for tests that run from source. The folder is the caller's to remove. */
export async function bundleScreenWorker(): Promise<{ url: URL; folder: string }> {
  // Within the project, so that the packages that stay outside are found.
  const folder = mkdtempSync(join(import.meta.dirname, '../../../node_modules/.screen-worker-'));
  const outfile = join(folder, 'screen-worker.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../screen-worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  return { url: pathToFileURL(outfile), folder };
}
