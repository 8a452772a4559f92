import type { SecretId } from '../ids.ts';

/** A secret at rest: its text under its own data key, and that key wrapped once for each recipient. */
export type SealedSecret = {
  id: SecretId;
  /** What it is for; authenticated, so that a row cannot be put in the place of another. */
  purpose: string;
  nonce: Uint8Array;
  /** Ciphertext and 16 bytes of tag. */
  ciphertext: Uint8Array;
  recipients: readonly SecretRecipient[];
};

export type SecretRecipient = { kind: 'system' | 'person'; keyId: string; wrappedKey: Uint8Array };

/** What is authenticated beside a secret's text. */
export function textBinding(secret: { id: string; purpose: string }): Buffer {
  return binding('sallyport.secret.v1', secret.purpose, secret.id);
}

/** What is authenticated beside a wrapped data key: also whose it is. */
export function keyBinding(secret: { id: string; purpose: string }, to: { kind: string; keyId: string }): Buffer {
  return binding('sallyport.data-key.v1', secret.purpose, secret.id, to.kind, to.keyId);
}

// JSON, because a joined text could be split elsewhere and mean something else.
function binding(...parts: string[]): Buffer {
  return Buffer.from(JSON.stringify(parts));
}
