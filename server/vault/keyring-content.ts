import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { newId } from '../ids.ts';
import { keyBytes } from './aes-gcm.ts';
import type { Keyring } from './keyring.ts';

/** `next` opens already and seals from the next step of a rotation on; `old` opens until nothing needs it. */
const roles = ['current', 'next', 'old'] as const;

const RecordingSchema = z.strictObject({
  id: z.string().min(1),
  privateKeyPem: z.string(),
  publicKeyPem: z.string(),
});
const authSecret = z.string().regex(/^[\w-]{43}$/);

const SystemKeySchema = z.strictObject({
  id: z.string().min(1),
  key: z.string(),
  role: z.enum(roles),
  /** NULL: in a keyring that did not note it yet. */
  madeAt: z.iso.datetime().nullable(),
});

const ContentSchema = z.strictObject({
  version: z.literal(2),
  system: z.array(SystemKeySchema),
  retired: z.array(z.strictObject({ id: z.string(), retiredAt: z.iso.datetime() })),
  recording: RecordingSchema,
  authSecret,
});

/** How keyrings were written before they could hold several system keys. */
const FirstVersionSchema = z.strictObject({
  version: z.literal(1),
  system: z.strictObject({ id: z.string().min(1), key: z.string() }),
  recording: RecordingSchema,
  authSecret,
});

/** All that a keyring holds, as it is written. */
export type KeyringContent = z.infer<typeof ContentSchema>;
export type SystemKeyEntry = KeyringContent['system'][number];

/** A keyring of an older version is the same with less in it. `problem` says what is wrong without quoting anything. */
export function readContent(json: unknown): { ok: true; content: KeyringContent } | { ok: false; problem: string } {
  const isFirst = typeof json === 'object' && json !== null && 'version' in json && json.version === 1;
  const parsed = isFirst ? FirstVersionSchema.transform(secondVersion).safeParse(json) : ContentSchema.safeParse(json);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    return { ok: false, problem: `these fields are wrong: ${fields}` };
  }
  const problem = problemIn(parsed.data);
  return problem ? { ok: false, problem } : { ok: true, content: parsed.data };
}

function secondVersion({ system, recording, authSecret }: z.infer<typeof FirstVersionSchema>): KeyringContent {
  return { version: 2, system: [{ ...system, role: 'current', madeAt: null }], retired: [], recording, authSecret };
}

function problemIn({ system, recording }: KeyringContent): string | undefined {
  const count = (role: SystemKeyEntry['role']) => system.filter((key) => key.role === role).length;
  if (system.some(({ key }) => Buffer.from(key, 'base64url').length !== keyBytes)) return 'system.key is not 32 bytes';
  if (count('current') !== 1 || count('next') > 1) return 'system has not exactly one current key';
  if (new Set(system.map(({ id }) => id)).size < system.length) return 'system names a key twice';
  if (!isSigningPair(recording)) return 'recording is not a pair of Ed25519 keys';
  return undefined;
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

/** The keyring that processes work with. */
export function keyringFrom({ system, recording, authSecret }: KeyringContent): Keyring {
  const keysOf = (entries: SystemKeyEntry[]) =>
    entries.map(({ id, key }) => ({ id, key: Buffer.from(key, 'base64url') }));
  const [current] = keysOf(system.filter(({ role }) => role === 'current'));
  if (!current) throw new TypeError('A keyring has a current key.');
  const otherSystemKeys = keysOf(system.filter(({ role }) => role !== 'current'));
  return { system: current, otherSystemKeys, recording, authSecret };
}

export function newContent(now: Date): KeyringContent {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    version: 2,
    system: [newSystemKey('current', now)],
    retired: [],
    recording: { id: newId<string>(), privateKeyPem: privateKey, publicKeyPem: publicKey },
    authSecret: randomBytes(32).toString('base64url'),
  };
}

export function newSystemKey(role: SystemKeyEntry['role'], now: Date): SystemKeyEntry {
  return { id: newId<string>(), key: randomBytes(keyBytes).toString('base64url'), role, madeAt: now.toISOString() };
}
