import { createHash } from 'node:crypto';
import type { HostKey } from './terminal-bridge.ts';

/** A host key as SSH sends it: a string naming its type, then the key. `undefined` for bytes that are no such thing. */
export function readHostKey(blob: Uint8Array): HostKey | undefined {
  if (blob.length < 8 || blob.length > 16 * 1024) return undefined;
  const length = new DataView(blob.buffer, blob.byteOffset, blob.byteLength).getUint32(0);
  if (length === 0 || length > 64 || 4 + length > blob.length) return undefined;
  const keyType = Buffer.from(blob.subarray(4, 4 + length)).toString('latin1');
  if (!/^[\x21-\x7e]+$/.test(keyType)) return undefined;
  return { keyType, publicKey: Uint8Array.from(blob), fingerprint: fingerprintOf(blob) };
}

/** `SHA256:…` without padding, as `ssh-keygen -l` prints it. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
}

export function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
