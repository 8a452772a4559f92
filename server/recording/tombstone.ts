import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { openPartForReading, syncFolder } from './folder.ts';
import { isSignedBy, type Manifest, parseManifest, type RecordingKey } from './manifest.ts';
import { readSmall } from './part-reading.ts';
import { manifestName, tombstoneName, unfinishedTombstoneName } from './parts.ts';

const format = 'sallyport-tombstone/1';

const TombstoneBodySchema = z.strictObject({
  format: z.literal(format),
  sessionId: z.string(),
  deletedAt: z.iso.datetime(),
  reason: z.string(),
  /** Of the manifest that stays beside it: its last head, and SHA-256 over the file. */
  head: z.string(),
  manifestSha256: z.string(),
  keyId: z.string(),
});
const TombstoneSchema = TombstoneBodySchema.extend({ signature: z.base64() });
export type Tombstone = z.infer<typeof TombstoneSchema>;

/** What a tombstone tells: which recording was deleted, when and why. */
export type Deletion = Pick<Tombstone, 'sessionId' | 'deletedAt' | 'reason' | 'head' | 'manifestSha256'>;

const maxBytes = 64 * 1024;
const maxManifestBytes = 1024 * 1024;

function signTombstone(deletion: Deletion, key: RecordingKey): string {
  const body = { format, ...deletion, keyId: key.id };
  const signature = sign(null, Buffer.from(canonicalJson(body)), key.privateKeyPem).toString('base64');
  return `${canonicalJson({ ...body, signature })}\n`;
}

/** The tombstone in a file's text, or `undefined` when the text is not exactly what is written by us. */
export function parseTombstone(text: string): Tombstone | undefined {
  try {
    const value = JSON.parse(text);
    return `${canonicalJson(value)}\n` === text ? TombstoneSchema.safeParse(value).data : undefined;
  } catch {
    return undefined; // not JSON
  }
}

function isTombstoneSignedBy({ signature, ...body }: Tombstone, publicKeyPem: string): boolean {
  const key = createPublicKey(publicKeyPem);
  return verify(null, Buffer.from(canonicalJson(body)), key, Buffer.from(signature, 'base64'));
}

/** Writes the tombstone durably into the folder of a recording; it is whole or absent. Safe to repeat. */
export async function writeTombstone(folder: string, deletion: Deletion, key: RecordingKey): Promise<void> {
  const unfinished = join(folder, unfinishedTombstoneName);
  await rm(unfinished, { force: true }); // left by a crash at this very place
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(signTombstone(deletion, key));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, join(folder, tombstoneName));
  await syncFolder(folder);
}

/** The text of a small file of the folder; `undefined` where there is none, `''` for one that is no such file. */
async function textOf(folder: string, name: typeof manifestName | typeof tombstoneName): Promise<string | undefined> {
  try {
    const file = await openPartForReading(folder, name);
    try {
      return await readSmall(file, name === manifestName ? maxManifestBytes : maxBytes).catch(() => '');
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === undefined || code === 'ELOOP') return '';
    throw error; // We could not look; that says nothing about the recording.
  }
}

/** The manifest of a folder and the hash of its file; `undefined` where there is none that is whole. */
export async function readManifestOf(folder: string): Promise<{ manifest: Manifest; sha256: string } | undefined> {
  const text = await textOf(folder, manifestName);
  const manifest = text === undefined ? undefined : parseManifest(text);
  return (
    manifest && {
      manifest,
      sha256: createHash('sha256')
        .update(text ?? '')
        .digest('hex'),
    }
  );
}

export type TombstoneQuestion = {
  folder: string;
  sessionId: string;
  publicKeyPem: string;
  /** Keys that the installation had before: it may have had another one when it recorded than when it deleted. */
  olderKeys?: readonly string[] | undefined;
  /** What the audit log knows of its sealing and of its deletion; `undefined` where it was not asked. */
  sealedHead?: string | undefined;
  manifestSha256?: string | undefined;
  deletion?: { manifestSha256: string } | null | undefined;
};

export type TombstoneVerdict = { tombstone: Tombstone | undefined; manifest: Manifest | undefined; problems: string[] };

/**
 * Checks what is left of a deleted recording: the tombstone and the manifest that it names, both signed by this key and
 * both as the audit log knows them. `undefined` where there is no tombstone.
 */
export async function checkTombstone(question: TombstoneQuestion): Promise<TombstoneVerdict | undefined> {
  const { folder, sessionId, publicKeyPem, olderKeys = [], sealedHead, manifestSha256, deletion } = question;
  const keys = [publicKeyPem, ...olderKeys];
  const text = await textOf(folder, tombstoneName);
  if (text === undefined) return undefined;
  const tombstone = parseTombstone(text);
  const found = await readManifestOf(folder);
  const manifest = found?.manifest;
  if (!tombstone) return { tombstone, manifest, problems: [`${tombstoneName} is damaged.`] };
  const problems: string[] = [];
  const must = (holds: boolean, problem: string) => void (holds || problems.push(problem));
  must(
    keys.some((key) => isTombstoneSignedBy(tombstone, key)),
    `${tombstoneName} is not signed by this public key.`,
  );
  must(tombstone.sessionId === sessionId, `${tombstoneName} belongs to another session, ${tombstone.sessionId}.`);
  must(found !== undefined, `${manifestName}, which stays when a recording is deleted, is missing or damaged.`);
  if (found) {
    must(
      keys.some((key) => isSignedBy(found.manifest, key)),
      `${manifestName} is not signed by this public key.`,
    );
    const isNamed = found.sha256 === tombstone.manifestSha256 && found.manifest.head === tombstone.head;
    must(isNamed, `${manifestName} is not the one that ${tombstoneName} names.`);
  }
  must(
    (sealedHead ?? tombstone.head) === tombstone.head &&
      (manifestSha256 ?? tombstone.manifestSha256) === tombstone.manifestSha256,
    `${tombstoneName} names another recording than the one that the audit log saw sealed.`,
  );
  must(deletion !== null, `${tombstoneName} says that this was deleted, and the audit log knows nothing of it.`);
  must(
    !deletion || deletion.manifestSha256 === tombstone.manifestSha256,
    `${tombstoneName} names another manifest than the audit log does.`,
  );
  return { tombstone, manifest, problems };
}
