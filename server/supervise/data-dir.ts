import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { socketDirectoryNear } from '../../db/embedded/place.ts';
import { LockHeld, type ProcessLock, takeProcessLock } from '../../db/embedded/process-lock.ts';
import { StartError } from './start-error.ts';

/** The lock of whoever runs on a DATA_DIR. */
export function lockPathOf(dataDir: string): string {
  return join(dataDir, 'supervisor.lock');
}

/** Where the gateway of a DATA_DIR can be asked, in a folder whose path is short enough. */
export function gatewaySocketOf(dataDir: string): string {
  return join(socketDirectoryNear(join(dataDir, 'run'), gatewaySocketName), gatewaySocketName);
}

const gatewaySocketName = 'gateway.sock';

/** Throws StartError for a DATA_DIR that is not there or that another user of the machine owns, whoever asks: root too. */
export async function assertOurs(dataDir: string): Promise<void> {
  const found = await stat(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new StartError(`There is no installation in ${dataDir}.`);
    throw error;
  });
  if (found.uid === process.geteuid?.()) return;
  throw new StartError(
    `${dataDir} belongs to another user (uid ${found.uid}). Run this as that user, or choose another DATA_DIR.`,
  );
}

/** Makes DATA_DIR for us alone and takes it for this process. Throws StartError when another one has it. */
export async function takeDataDir(dataDir: string): Promise<ProcessLock> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartError(`The folder ${dataDir} cannot be made. Please choose another DATA_DIR.`, { cause });
  }
  await assertOurs(dataDir);
  const { mode } = await stat(dataDir);
  if (mode & 0o022) {
    throw new StartError(`Other users may write to ${dataDir}. Please run: chmod 700 '${dataDir}'`);
  }
  try {
    return await takeProcessLock(lockPathOf(dataDir));
  } catch (error) {
    if (!(error instanceof LockHeld)) {
      const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      throw new StartError(`Sallyport cannot write to ${dataDir} (${why}). Please choose another DATA_DIR.`, {
        cause: error,
      });
    }
    throw new StartError(
      `Sallyport already runs on ${dataDir} (process ${error.holder.pid}). Stop that one, or give this one another DATA_DIR.`,
    );
  }
}
