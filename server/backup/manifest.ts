import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, type Json } from '../recording/canonical-json.ts';
import type { Keyring } from '../vault/keyring.ts';

const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const FileSchema = z.strictObject({ rows: count, bytes: count, sha256 });
const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);

/** What was written to one file of a snapshot. */
export type FileMark = z.infer<typeof FileSchema>;

const BodySchema = z.strictObject({
  format: z.literal('sallyport.backup.v1'),
  madeAt: z.iso.datetime(),
  /** The last migration of the database: which version of the program can take it. */
  migration: z.strictObject({ when: count, sha256 }),
  tables: z.array(FileSchema.extend({ name, columns: z.array(name) })),
  sequences: z.array(z.strictObject({ name, lastValue: count })),
  /** The list of the recordings, a line for each. */
  recordings: FileSchema,
  /** Ids of the system keys that something in the database is sealed under. */
  systemKeys: z.array(z.string()),
  /** Every key that recordings were ever signed with; SPKI PEM, that of the keyring first. */
  recordingPublicKeys: z.array(z.string()).min(1),
  /** The keyring that made `mac`, by the id of its recording key. */
  keyringId: z.string(),
});
const ManifestSchema = BodySchema.extend({ mac: z.base64() });

export type BackupBody = Omit<z.infer<typeof BodySchema>, 'format' | 'keyringId'>;
export type BackupManifest = z.infer<typeof ManifestSchema>;

export const RecordingLineSchema = z.strictObject({
  path: z.string(),
  state: z.enum(['sealed', 'growing', 'damaged', 'missing']),
  segments: count,
  head: z.string().nullable(),
  problems: z.array(z.string()),
});

/**
 * The text of a manifest, with a code that nobody can make without the keyring: whoever can write to where backups lie
 * cannot make one, nor change one unseen.
 */
export function writeManifest(body: BackupBody, keyring: Keyring): string {
  const told = { format: 'sallyport.backup.v1', ...body, keyringId: keyring.recording.id } as const;
  return `${canonicalJson({ ...told, mac: macOf(told, keyring).toString('base64') })}\n`;
}

/** `undefined` unless the text is a manifest exactly as we write it. Whose it is is not looked at. */
export function parseBackup(text: string): BackupManifest | undefined {
  try {
    const json = JSON.parse(text) as Json;
    return `${canonicalJson(json)}\n` === text ? ManifestSchema.safeParse(json).data : undefined;
  } catch {
    return undefined; // not JSON
  }
}

/** Whether this keyring made the manifest, and nobody changed it since. */
export function isManifestOf({ mac, ...told }: BackupManifest, keyring: Keyring): boolean {
  const expected = macOf(told, keyring);
  const given = Buffer.from(mac, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

// A key for this purpose alone: the one that signs recordings signs nothing else.
function macOf(told: z.infer<typeof BodySchema>, { authSecret }: Keyring): Buffer {
  const key = Buffer.from(hkdfSync('sha256', authSecret, '', 'sallyport.backup.v1', 32));
  try {
    return createHmac('sha256', key).update(canonicalJson(told)).digest();
  } finally {
    key.fill(0);
  }
}

/** Counts lines and bytes on their way to a file, and hashes them. */
export function createMark(): { take(piece: Uint8Array): void; mark(): FileMark } {
  const hash = createHash('sha256');
  let [rows, bytes] = [0, 0];
  return {
    take(piece) {
      hash.update(piece);
      bytes += piece.length;
      for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, at + 1)) rows += 1;
    },
    mark: () => ({ rows, bytes, sha256: hash.digest('hex') }),
  };
}
