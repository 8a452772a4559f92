import { createPublicKey, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { type Opening, OpeningSchema } from './chain.ts';

const count = z.number().int().nonnegative();

const GapSchema = z.strictObject({ file: z.string(), atByte: count, bytes: count, why: z.string() });

/** Everything that is signed when a recording closes. It repeats the opening, so that one file tells the whole story. */
const ManifestBodySchema = OpeningSchema.extend({
  endedAt: z.iso.datetime(),
  sealedAt: z.iso.datetime(),
  durationMs: count,
  reason: z.string(),
  outputBytes: count,
  files: z.strictObject({
    typescript: z.strictObject({ bytes: count }),
    'typescript.timing': z.strictObject({ bytes: count, lines: count }),
    'events.ndjson': z.strictObject({ bytes: count, lines: count }),
  }),
  gaps: z.array(GapSchema),
  openingHead: z.string(),
  segments: count,
  head: z.string(),
  keyId: z.string(),
});
export type ManifestBody = z.infer<typeof ManifestBodySchema>;

export const ManifestSchema = ManifestBodySchema.extend({ signature: z.base64() });
export type Manifest = z.infer<typeof ManifestSchema>;

/** Ed25519; the shape of the keyring's recording key. */
export type RecordingKey = { id: string; privateKeyPem: string; publicKeyPem: string };

/** Signs the canonical bytes of the manifest without its signature. Answers the file to be written. */
export function signManifest(body: Omit<ManifestBody, 'keyId'>, key: RecordingKey): string {
  const signed: ManifestBody = { ...body, keyId: key.id };
  const signature = sign(null, Buffer.from(canonicalJson(signed)), key.privateKeyPem).toString('base64');
  return `${canonicalJson({ ...signed, signature })}\n`;
}

/** The manifest in a file's text, or `undefined` when the text is not exactly what `signManifest` writes. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value = JSON.parse(text);
    return `${canonicalJson(value)}\n` === text ? ManifestSchema.safeParse(value).data : undefined;
  } catch {
    return undefined; // not JSON
  }
}

/** Whether the manifest was signed by the private half of this key. Throws when the PEM is not an Ed25519 public key. */
export function isSignedBy(manifest: Manifest, publicKeyPem: string): boolean {
  const key = createPublicKey(publicKeyPem);
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('The public key is not an Ed25519 key.');
  const { signature, ...body } = manifest;
  return verify(null, Buffer.from(canonicalJson(body)), key, Buffer.from(signature, 'base64'));
}

/** The opening as the manifest repeats it. */
export function openingOf(manifest: Manifest): Opening {
  const { format, recorder, sessionId, startedAt, person, computer, account, mode, policy, terminal } = manifest;
  const { terms, checkOut } = manifest;
  const agreed = { ...(terms && { terms }), ...(checkOut !== undefined && { checkOut }) };
  return { format, recorder, sessionId, startedAt, person, computer, account, mode, policy, ...agreed, terminal };
}
