import { createRequire } from 'node:module';
import type { Algorithms, CipherAlgorithm } from 'ssh2';

/**
 * Whether ssh2's native cipher was built on this machine. Without it AES-GCM runs at a quarter of the speed, so that
 * counter mode with encrypt-then-MAC goes first and the operator is told.
 */
export const nativeCrypto = hasNativeCrypto();

function hasNativeCrypto(): boolean {
  try {
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}

const gcm: CipherAlgorithm[] = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'];
const counter: CipherAlgorithm[] = ['aes128-ctr', 'aes192-ctr', 'aes256-ctr'];

const hostKeyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/**
 * What the gateway offers a computer: no SHA-1, no CBC, no compression. `pinnedType` is the type of the key that is
 * pinned for this address, asked for first so that a computer with several keys shows that one.
 */
export function offeredAlgorithms(pinnedType?: string): Algorithms {
  const isPinned = (type: string) => type === pinnedType || (pinnedType === 'ssh-rsa' && type.startsWith('rsa-'));
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
    ],
    serverHostKey: [...hostKeyTypes.filter(isPinned), ...hostKeyTypes.filter((type) => !isPinned(type))],
    cipher: nativeCrypto
      ? [...gcm, ...counter, 'chacha20-poly1305@openssh.com']
      : [...counter, ...gcm, 'chacha20-poly1305@openssh.com'],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    compress: ['none'],
  };
}
