import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type UserIds = { uid: number; gid: number };

async function idsOf(name: string): Promise<UserIds | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * The ids of system user `name`, made when there is none: no password, no home, no shell, no rights. Only for root.
 * `options` are further arguments to useradd. Throws with a sentence when the user cannot be made.
 */
export async function ensureSystemUser(name: string, options: string[] = []): Promise<UserIds> {
  const known = await idsOf(name);
  if (known) return known;
  const defaults = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  const shell = ['--shell', '/usr/sbin/nologin'];
  try {
    await run('/usr/sbin/useradd', [
      ...(options.length > 0 ? ['--system', '--user-group', ...options] : [...defaults, ...shell]),
      name,
    ]);
  } catch (cause) {
    // Two programs may do this at once: whoever came second finds the user made, perhaps a moment later.
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const made = await idsOf(name);
      if (made) return made;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`The system user ${name} could not be made. Please run: useradd --system ${name}`, { cause });
  }
  const made = await idsOf(name);
  if (!made) throw new Error(`The system user ${name} was made but cannot be found.`);
  return made;
}
