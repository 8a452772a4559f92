import type { PersonId } from '../ids.ts';

/** Cost of Argon2id. Kept with each key, so that it can grow without anybody losing one. */
export type KdfCost = { memoryKib: number; passes: number; lanes: number };

/** The X25519 key pair of a person at rest: its private half sealed under their master password. */
export type PersonKey = {
  personId: PersonId;
  publicKey: Uint8Array;
  /** Id of the system key that attested the public half, and its HMAC over person and key. */
  attestedBy: string;
  attestation: Uint8Array;
  nonce: Uint8Array;
  /** Ciphertext and 16 bytes of tag. */
  sealedPrivateKey: Uint8Array;
  salt: Uint8Array;
  kdf: KdfCost;
};
