/**
 * The system keyring: the keys that open shared secrets and sign recordings. Kept in one 0600 file at KEYRING_PATH,
 * out of backups of the database; never in a row, a log line or an answer.
 */
export type Keyring = {
  /** Wraps data keys of shared secrets (AES-256). `id` is stored with each wrapped key, so that keys can be rotated. */
  readonly system: { id: string; key: Uint8Array };
  /** Ed25519; PKCS#8 PEM. Signs the closing manifest of each recording. */
  readonly recording: { id: string; privateKeyPem: string; publicKeyPem: string };
  /** Signs the sign-in cookie; 32 random bytes in base64url. */
  readonly authSecret: string;
};
