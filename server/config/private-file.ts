import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Why a file of secrets is not taken; the message is a sentence for the administrator who starts the program. */
export class PrivateFileError extends Error {
  override name = 'PrivateFileError';
}

export type PrivateFile = {
  path: string;
  /** How sentences call it, such as `keyring`. */
  what: string;
  /** The setting that names it. */
  setting: string;
  /** What to do when others may have read it; a sentence. */
  ifRead: string;
};

const maxBytes = 64 * 1024;

/**
 * The text of a file of secrets; `undefined` when there is none. Rejects with `PrivateFileError` unless it is a plain file
 * that belongs to the user of this process, is closed to all others, and is not behind a symbolic link.
 */
export async function readPrivateFile(about: PrivateFile): Promise<string | undefined> {
  const file = await openWithoutFollowing(about);
  if (!file) return undefined;
  try {
    await refuseUntrusted(file, about);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function openWithoutFollowing({ path, what, setting }: PrivateFile): Promise<FileHandle | undefined> {
  try {
    // NONBLOCK, so that a named pipe at this path cannot hold the start up.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') {
      throw new PrivateFileError(
        `The ${what} ${path} is a symbolic link. Set ${setting} to the file itself, so that nobody can point it elsewhere.`,
      );
    }
    throw new PrivateFileError(
      `The ${what} ${path} cannot be read (${code}). Let the user that runs Sallyport own it.`,
      { cause: error },
    );
  }
}

async function refuseUntrusted(file: FileHandle, { path, what, setting, ifRead }: PrivateFile): Promise<void> {
  const status = await file.stat();
  if (!status.isFile()) throw new PrivateFileError(`The ${what} ${path} is not a file. Set ${setting} to a file.`);
  if (status.mode & 0o077) {
    const mode = (status.mode & 0o777).toString(8);
    throw new PrivateFileError(
      `The ${what} ${path} is open to other users (mode ${mode}). Run: chmod 600 '${path}'. ${ifRead}`,
    );
  }
  if (process.geteuid && status.uid !== process.geteuid()) {
    throw new PrivateFileError(
      `The ${what} ${path} belongs to another user (uid ${status.uid}). Run: chown ${process.geteuid()} '${path}'`,
    );
  }
  if (status.size > maxBytes) throw new PrivateFileError(`The ${what} ${path} is too long to be one.`);
}
