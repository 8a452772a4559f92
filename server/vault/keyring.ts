import { createHash } from 'node:crypto';

/** A key that wraps the data keys of shared secrets (AES-256). `id` is stored with each wrapped key. */
export type SystemKey = { readonly id: string; readonly key: Uint8Array };

/**
 * The system keyring: the keys that open shared secrets and sign recordings. Kept in one 0600 file at KEYRING_PATH,
 * out of backups of the database; never in a row, a log line or an answer. While the program runs it may change behind
 * this type, so nobody keeps its parts.
 */
export type Keyring = {
  /** Seals whatever is sealed now. */
  readonly system: SystemKey;
  /** What still opens, but seals nothing: keys that were current before, and one that is about to be. */
  readonly otherSystemKeys: readonly SystemKey[];
  /** Ed25519; PKCS#8 PEM. Signs the closing manifest of each recording. */
  readonly recording: { id: string; privateKeyPem: string; publicKeyPem: string };
  /** Signs the sign-in cookie; 32 random bytes in base64url. */
  readonly authSecret: string;
};

export function systemKeyOf({ system, otherSystemKeys }: Keyring, id: string): SystemKey | undefined {
  return system.id === id ? system : otherSystemKeys.find((key) => key.id === id);
}

export function systemKeyIds({ system, otherSystemKeys }: Keyring): string[] {
  return [system.id, ...otherSystemKeys.map(({ id }) => id)];
}

/** A number by which two processes know whether they have the same system keys with the same one in use. Never 0. */
export function markOf(keyring: Keyring): number {
  const [current, ...others] = systemKeyIds(keyring);
  const hash = createHash('sha256').update(JSON.stringify([current, ...others.sort()]));
  return (hash.digest().readUInt32BE() >>> 2) + 1;
}
