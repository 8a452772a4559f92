import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { newId } from '../ids.ts';
import type { Keyring } from './keyring.ts';

/** Why the keyring cannot be used; the message is a sentence for the administrator who starts the program. */
export class KeyringFileError extends Error {
  override name = 'KeyringFileError';
}

const KeyringFileSchema = z.strictObject({
  version: z.literal(1),
  system: z.strictObject({ id: z.string().min(1), key: z.string() }),
  recording: z.strictObject({ id: z.string().min(1), privateKeyPem: z.string(), publicKeyPem: z.string() }),
  authSecret: z.string().regex(/^[\w-]{43}$/),
});

const maxFileBytes = 64 * 1024;

/** Reads the keyring at `path`, making it first if there is none. Rejects with `KeyringFileError` for a file it must not trust. */
export async function loadOrCreateKeyring(path: string): Promise<Keyring> {
  return (await findKeyring(path)) ?? (await createKeyring(path));
}

/** Reads a keyring that must be there already: what a child process does after the supervisor made it. */
export async function loadKeyring(path: string): Promise<Keyring> {
  const keyring = await findKeyring(path);
  if (!keyring) throw new KeyringFileError(`There is no keyring at ${path}. Start Sallyport again to have it made.`);
  return keyring;
}

/** Reads the keyring at `path`; `undefined` when there is none. Rejects as `loadOrCreateKeyring` does. */
export async function findKeyring(path: string): Promise<Keyring | undefined> {
  const file = await openWithoutFollowing(path);
  if (!file) return undefined;
  try {
    await refuseUntrusted(file, path);
    return parseKeyring(await file.readFile('utf8'), path);
  } finally {
    await file.close();
  }
}

async function openWithoutFollowing(path: string): Promise<FileHandle | undefined> {
  try {
    // NONBLOCK, so that a named pipe at this path cannot hold the start up.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') {
      throw new KeyringFileError(
        `The keyring ${path} is a symbolic link. Set KEYRING_PATH to the file itself, so that nobody can point it elsewhere.`,
      );
    }
    throw new KeyringFileError(
      `The keyring ${path} cannot be read (${code}). Let the user that runs Sallyport own it.`,
      {
        cause: error,
      },
    );
  }
}

async function refuseUntrusted(file: FileHandle, path: string): Promise<void> {
  const status = await file.stat();
  if (!status.isFile()) throw new KeyringFileError(`The keyring ${path} is not a file. Set KEYRING_PATH to a file.`);
  if (status.mode & 0o077) {
    const mode = (status.mode & 0o777).toString(8);
    throw new KeyringFileError(
      `The keyring ${path} is open to other users (mode ${mode}). Run: chmod 600 '${path}'. If others may have read it, enter all shared credentials again under a new keyring.`,
    );
  }
  if (process.geteuid && status.uid !== process.geteuid()) {
    throw new KeyringFileError(
      `The keyring ${path} belongs to another user (uid ${status.uid}). Run: chown ${process.geteuid()} '${path}'`,
    );
  }
  if (status.size > maxFileBytes) throw damaged(path, 'it is too long');
}

function parseKeyring(text: string, path: string): Keyring {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON'); // without the cause: a parser's message may quote the text
  }
  const parsed = KeyringFileSchema.safeParse(json);
  if (!parsed.success) {
    throw damaged(
      path,
      `these fields are wrong: ${parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
    );
  }
  const { system, recording, authSecret } = parsed.data;
  const key = Buffer.from(system.key, 'base64url');
  if (key.length !== 32) throw damaged(path, 'system.key is not 32 bytes');
  if (!isSigningPair(recording)) throw damaged(path, 'recording is not a pair of Ed25519 keys');
  return { system: { id: system.id, key }, recording, authSecret };
}

function damaged(path: string, why: string): KeyringFileError {
  return new KeyringFileError(
    `The keyring ${path} is damaged: ${why}. Restore it from its own backup; without it stored credentials cannot be opened.`,
  );
}

function isSigningPair({ privateKeyPem, publicKeyPem }: { privateKeyPem: string; publicKeyPem: string }): boolean {
  try {
    const privateKey = createPrivateKey(privateKeyPem);
    const publicPart = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    const stated = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
    return privateKey.asymmetricKeyType === 'ed25519' && publicPart.equals(stated);
  } catch {
    return false;
  }
}

// Written beside and then linked: a start that is cut short leaves no half keyring, and of two starts at once one wins.
async function createKeyring(path: string): Promise<Keyring> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeDurably(draft, `${JSON.stringify(newKeyringFile(), null, 2)}\n`);
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(folder);
  return loadKeyring(path);
}

function newKeyringFile(): z.infer<typeof KeyringFileSchema> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    version: 1,
    system: { id: newId<string>(), key: randomBytes(32).toString('base64url') },
    recording: { id: newId<string>(), privateKeyPem: privateKey, publicKeyPem: publicKey },
    authSecret: randomBytes(32).toString('base64url'),
  };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
