import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { keyBytes } from './aes-gcm.ts';

/** Both halves as their 32 bytes (RFC 7748). Whoever made the private one overwrites it. */
export type KeyPair = { publicKey: Buffer; privateKey: Buffer };

// What stands before the 32 bytes in PKCS#8 and SPKI (RFC 8410); Node takes raw X25519 keys in no other form that can be wiped.
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

export function newKeyPair(): KeyPair {
  const pair = generateKeyPairSync('x25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const privateKey = Buffer.from(pair.privateKey.subarray(privatePrefix.length));
  pair.privateKey.fill(0);
  return { privateKey, publicKey: Buffer.from(pair.publicKey.subarray(publicPrefix.length)) };
}

/** The secret that both sides arrive at, or `undefined` for bytes that are no key or a point that gives no secret. */
export function agree(privateKey: Uint8Array, publicKey: Uint8Array): Buffer | undefined {
  if (privateKey.length !== keyBytes || publicKey.length !== keyBytes) return undefined;
  const pkcs8 = Buffer.concat([privatePrefix, privateKey]);
  try {
    return diffieHellman({
      privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
      publicKey: createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' }),
    });
  } catch {
    return undefined; // OpenSSL refuses points of small order (RFC 7748, 6.1).
  } finally {
    pkcs8.fill(0);
  }
}
