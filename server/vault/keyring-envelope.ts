import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { newId } from '../ids.ts';
import { decrypt, encrypt, keyBytes, nonceBytes } from './aes-gcm.ts';

/** What a key service answers: `problem` is a sentence for the administrator, with what to do. */
export type KeyAnswer<T> = { ok: true; value: T } | { ok: false; problem: string };

/** What is authenticated with a wrapped data key; the service notes it in its own log. */
export type KeyPurpose = Readonly<Record<string, string>>;

/** A service that holds a key which never leaves it, such as AWS KMS. Whoever gets a data key overwrites it. */
export type KeyService = {
  /** A new data key, and the same wrapped by the service's key, `key`. */
  makeDataKey(purpose: KeyPurpose): Promise<KeyAnswer<{ key: string; dataKey: Uint8Array; wrapped: Uint8Array }>>;
  /** The data key again. `key`: the service's key that must have wrapped it; otherwise the configured one. */
  openDataKey(question: { wrapped: Uint8Array; purpose: KeyPurpose; key?: string }): Promise<KeyAnswer<Uint8Array>>;
};

const base64 = z.string().regex(/^[\w-]+$/);

/** A keyring file whose content only the key service can open. Nothing in it is secret. */
export const EnvelopeSchema = z.strictObject({
  version: z.literal(2),
  sealed: z.strictObject({
    id: z.string().min(1),
    /** The service's key, by the name that the service gives it. */
    key: z.string().min(1),
    wrappedKey: base64,
    nonce: base64,
    ciphertext: base64,
  }),
});
export type Envelope = z.infer<typeof EnvelopeSchema>;

/** Seals the text of a keyring under a new data key of the service's. */
export async function sealEnvelope(text: string, service: KeyService): Promise<KeyAnswer<Envelope>> {
  const id = newId<string>();
  const made = await service.makeDataKey(purposeOf(id));
  if (!made.ok) return made;
  const { key, dataKey, wrapped } = made.value;
  const plaintext = Buffer.from(text, 'utf8');
  try {
    if (dataKey.length !== keyBytes) return notADataKey;
    const nonce = randomBytes(nonceBytes);
    const ciphertext = encrypt(dataKey, nonce, plaintext, bindingOf(id, key));
    const sealed = { id, key, wrappedKey: write(wrapped), nonce: write(nonce), ciphertext: write(ciphertext) };
    return { ok: true, value: { version: 2, sealed } };
  } finally {
    dataKey.fill(0);
    plaintext.fill(0);
  }
}

/** The text of a keyring. `key`: the service's key to ask for, where it is not the configured one. */
export async function openEnvelope(
  { sealed: { id, key, wrappedKey, nonce, ciphertext } }: Envelope,
  service: KeyService,
  asked?: string,
): Promise<KeyAnswer<string>> {
  const question = { wrapped: read(wrappedKey), purpose: purposeOf(id), ...(asked && { key: asked }) };
  const opened = await service.openDataKey(question);
  if (!opened.ok) return opened;
  const dataKey = opened.value;
  try {
    if (dataKey.length !== keyBytes) return notADataKey;
    const plaintext = decrypt(dataKey, read(nonce), read(ciphertext), bindingOf(id, key));
    if (!plaintext) return { ok: false, problem: 'it is not as it was sealed; restore it from its own backup.' };
    const text = plaintext.toString('utf8');
    plaintext.fill(0);
    return { ok: true, value: text };
  } finally {
    dataKey.fill(0);
  }
}

const notADataKey = { ok: false, problem: 'the key service gave something that is no 256-bit data key.' } as const;

// The service opens the data key of a keyring for nothing else, and says so in its own log.
function purposeOf(id: string): KeyPurpose {
  return { 'sallyport:purpose': 'keyring', 'sallyport:id': id };
}

function bindingOf(id: string, key: string): Buffer {
  return Buffer.from(JSON.stringify(['sallyport.keyring.v2', id, key]));
}

const write = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const read = (text: string) => Buffer.from(text, 'base64url');
