import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { systemHome } from '../../db/embedded/binaries.ts';
import { ensureLoginAccount } from './login-account.ts';
import { readablePassword } from './readable-password.ts';

export type MachineAccount = {
  name: string;
  /** Undefined: the caller's own account, which is reached by key alone. */
  password: string | undefined;
};

const demoAccount = 'sallyport-demo';

/**
 * The account of this machine that demo sessions work in. Root gets one without rights made for it; everybody else
 * works in their own, because only root can become somebody else.
 */
export async function machineAccount(): Promise<MachineAccount> {
  if (process.getuid?.() !== 0) return { name: userInfo().username, password: undefined };
  const password = await sharedPassword(systemHome);
  await ensureLoginAccount(demoAccount, password);
  return { name: demoAccount, password };
}

/** One password for all demos of this machine: each setting its own would lock the others out. */
export async function sharedPassword(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const path = join(folder, 'demo-account-password');
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, readablePassword(), { mode: 0o600 });
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await readFile(path, 'utf8')).trim();
}
