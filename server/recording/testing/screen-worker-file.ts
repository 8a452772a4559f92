import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export type BundledWorker = { url: URL; folder: string };

/** Bundles the thread as the build does, for tests that run from source. The folder is the caller's to remove. */
export function bundleScreenWorker(): Promise<BundledWorker> {
  return bundleWorker('screen-worker');
}

/** As `bundleScreenWorker`, for the thread that reads recordings to their ends. */
export function bundleIndexWorker(): Promise<BundledWorker> {
  return bundleWorker('index-worker');
}

async function bundleWorker(name: string): Promise<BundledWorker> {
  // Within the project, so that the packages that stay outside are found.
  const folder = mkdtempSync(join(import.meta.dirname, `../../../node_modules/.${name}-`));
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `../${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  return { url: pathToFileURL(outfile), folder };
}
