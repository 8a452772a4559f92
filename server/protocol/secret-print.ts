/** A keyed print of a secret that was used in a session, by which it is found in text without being kept. */
export type SecretPrint = {
  /** In UTF-16 code units; 0: no secret, but the proof of which key made the others. */
  length: number;
  rolling: number;
  hmac: string;
};
