import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { ensureSystemUser, type UserIds } from '../../db/embedded/system-user.ts';

const run = promisify(execFile);

/**
 * Makes system account `name` with a home and a shell, if there is none, and gives it `password`. Only for root.
 * The account has no rights and no groups but its own.
 */
export async function ensureLoginAccount(name: string, password: string): Promise<UserIds> {
  const ids = await ensureSystemUser(name, ['--create-home', '--home-dir', `/home/${name}`, '--shell', '/bin/bash']);
  await setPassword(name, password);
  return ids;
}

/** Through standard input: arguments can be read by everyone on the machine. */
async function setPassword(name: string, password: string): Promise<void> {
  const program = spawn('/usr/sbin/chpasswd', { stdio: ['pipe', 'ignore', 'pipe'] });
  let words = '';
  program.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  program.stdin.end(`${name}:${password}\n`);
  const [code] = (await once(program, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The password of ${name} could not be set: ${words.trim()}`);
}

/** Removes account `name`, its home and what it runs. For tests that made one. */
export async function removeLoginAccount(name: string): Promise<void> {
  await run('/usr/sbin/userdel', ['--remove', '--force', name]).catch(() => undefined);
}
