import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PrivateFileError, readPrivateFile } from '../config/private-file.ts';
import type { Keyring } from './keyring.ts';
import { type KeyringContent, keyringFrom, newContent, readContent } from './keyring-content.ts';
import { EnvelopeSchema, type KeyService, openEnvelope, sealEnvelope } from './keyring-envelope.ts';

/** Why the keyring cannot be used; the message is a sentence for the administrator who starts the program. */
export class KeyringFileError extends Error {
  override name = 'KeyringFileError';
}

/** Reads the keyring at `path`, making it first if there is none. Rejects with `KeyringFileError` for a file it must not trust. */
export async function loadOrCreateKeyring(path: string, service?: KeyService): Promise<Keyring> {
  return (await findKeyring(path, service)) ?? (await createKeyring(path, service));
}

/** Reads a keyring that must be there already: what a child process does after the supervisor made it. */
export async function loadKeyring(path: string, service?: KeyService): Promise<Keyring> {
  const keyring = await findKeyring(path, service);
  if (!keyring) throw new KeyringFileError(`There is no keyring at ${path}. Start Sallyport again to have it made.`);
  return keyring;
}

/** Reads the keyring at `path`; `undefined` when there is none. Rejects as `loadOrCreateKeyring` does. */
export async function findKeyring(path: string, service?: KeyService): Promise<Keyring | undefined> {
  const file = await readKeyringFile(path, service);
  if (!file) return undefined;
  if (service && file.sealedBy === null) {
    throw new KeyringFileError(
      `The keyring ${path} is not sealed, although KEYRING_KMS_KEY is set. Run: npm run keyring -- to-kms`,
    );
  }
  return keyringFrom(file.content);
}

export type KeyringFile = {
  content: KeyringContent;
  /** The key of the key service that seals it; null: nothing does. */
  sealedBy: string | null;
};

/** `asStated`: asks the key service for the key that the file names, not for the one that is configured. */
export type ReadKeyring = { asStated?: boolean };

/** What the file at `path` holds, sealed or not; `undefined` when there is none. */
export async function readKeyringFile(
  path: string,
  service?: KeyService,
  { asStated = false }: ReadKeyring = {},
): Promise<KeyringFile | undefined> {
  const text = await readPrivately(path);
  if (text === undefined) return undefined;
  const json = parseJson(text, path);
  if (!isSealed(json)) return { content: parseContent(json, path), sealedBy: null };
  const envelope = EnvelopeSchema.safeParse(json);
  if (!envelope.success) throw damaged(path, 'its seal is not whole');
  const { key } = envelope.data.sealed;
  if (!service) {
    throw new KeyringFileError(`The keyring ${path} is sealed by ${key}. Set KEYRING_KMS_KEY to that key.`);
  }
  const opened = await openEnvelope(envelope.data, service, asStated ? key : undefined);
  if (!opened.ok) throw new KeyringFileError(`The keyring ${path}, sealed by ${key}, stays closed: ${opened.problem}`);
  return { content: parseContent(parseJson(opened.value, path), path), sealedBy: key };
}

async function readPrivately(path: string): Promise<string | undefined> {
  const ifRead = 'If others may have read it, enter all shared credentials again under a new keyring.';
  return readPrivateFile({ path, what: 'keyring', setting: 'KEYRING_PATH', ifRead }).catch((error: unknown) => {
    throw error instanceof PrivateFileError ? new KeyringFileError(error.message, { cause: error.cause }) : error;
  });
}

const isSealed = (json: unknown) => typeof json === 'object' && json !== null && 'sealed' in json;

function parseContent(json: unknown, path: string): KeyringContent {
  const read = readContent(json);
  if (!read.ok) throw damaged(path, read.problem);
  return read.content;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON'); // without the cause: a parser's message may quote the text
  }
}

function damaged(path: string, why: string): KeyringFileError {
  return new KeyringFileError(
    `The keyring ${path} is damaged: ${why}. Restore it from its own backup; without it stored credentials cannot be opened.`,
  );
}

// Linked, not renamed: of two starts at once one wins, and the other takes what it made.
async function createKeyring(path: string, service: KeyService | undefined): Promise<Keyring> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await withDraft(path, await fileText(path, newContent(new Date()), service), (draft) =>
    link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    }),
  );
  return loadKeyring(path, service);
}

/**
 * Puts this content in the place of what is there, sealed where a service is given: wholly, or not at all. For one at a time:
 * drafts are taken for what somebody left who was cut off.
 */
export async function replaceKeyring(path: string, content: KeyringContent, service?: KeyService): Promise<void> {
  await removeDrafts(path);
  await withDraft(path, await fileText(path, content, service), (draft) => rename(draft, path));
}

/** What is sealed is opened once before it replaces anything: a key that may wrap need not be one that may open. */
async function fileText(path: string, content: KeyringContent, service: KeyService | undefined): Promise<string> {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (!service) return text;
  const sealed = await sealEnvelope(text, service);
  const opened = sealed.ok ? await openEnvelope(sealed.value, service) : sealed;
  if (!sealed.ok || !opened.ok || opened.value !== text) {
    const why = opened.ok ? 'what it opens is not what it sealed.' : opened.problem;
    throw new KeyringFileError(`The keyring ${path} cannot be sealed: ${why}`);
  }
  return `${JSON.stringify(sealed.value, null, 2)}\n`;
}

// Written beside, durably: whoever is cut short leaves no half keyring.
async function withDraft(path: string, text: string, place: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
}

// They hold keys that may have been replaced since, or are sealed by now.
async function removeDrafts(path: string): Promise<void> {
  const begin = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const isDraft = name.startsWith(begin) && /^[0-9a-f]{12}\.new$/.test(name.slice(begin.length));
    if (isDraft) await rm(join(dirname(path), name), { force: true });
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
