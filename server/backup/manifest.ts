import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, type Json } from '../recording/canonical-json.ts';

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
  /** Whose signature this is: the recording key of the keyring. */
  keyId: z.string(),
});
const ManifestSchema = BodySchema.extend({ signature: z.base64() });

export type BackupBody = Omit<z.infer<typeof BodySchema>, 'format' | 'keyId'>;
export type BackupManifest = z.infer<typeof ManifestSchema>;

export const RecordingLineSchema = z.strictObject({
  path: z.string(),
  state: z.enum(['sealed', 'growing', 'damaged', 'missing']),
  segments: count,
  head: z.string().nullable(),
  problems: z.array(z.string()),
});

type SigningKey = { id: string; privateKeyPem: string };

/** The text of a manifest, signed: whoever can write to where backups lie cannot make one, nor change one unseen. */
export function signBackup(body: BackupBody, { id, privateKeyPem }: SigningKey): string {
  const signed = { format: 'sallyport.backup.v1', ...body, keyId: id } as const;
  const signature = sign(null, Buffer.from(canonicalJson(signed)), privateKeyPem).toString('base64');
  return `${canonicalJson({ ...signed, signature })}\n`;
}

/** `undefined` unless the text is a manifest exactly as we write it. Its signature is not looked at. */
export function parseBackup(text: string): BackupManifest | undefined {
  try {
    const json = JSON.parse(text) as Json;
    return `${canonicalJson(json)}\n` === text ? ManifestSchema.safeParse(json).data : undefined;
  } catch {
    return undefined; // not JSON
  }
}

export function isBackupSignedBy({ signature, ...body }: BackupManifest, publicKeyPem: string): boolean {
  const key = createPublicKey(publicKeyPem);
  return verify(null, Buffer.from(canonicalJson(body)), key, Buffer.from(signature, 'base64'));
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
