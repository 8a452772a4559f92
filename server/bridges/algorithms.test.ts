/** Contract: only algorithms that are safe today are offered, the fast ones first, and the pinned kind of host key before all. */
import { expect, it } from 'vitest';
import { nativeCrypto, offeredAlgorithms } from './algorithms.ts';

it('offers nothing with SHA-1, CBC, DSA, RC4 or compression', () => {
  const all = Object.values(offeredAlgorithms()).flat();
  expect(all.filter((name) => /sha1|cbc|dss|arcfour|md5|zlib|^ssh-rsa$|group1-/.test(String(name)))).toEqual([]);
});

it('puts GCM first where it is fast, counter mode where it is not', () => {
  const { cipher } = offeredAlgorithms();
  expect((cipher as string[])[0]).toBe(nativeCrypto ? 'aes128-gcm@openssh.com' : 'aes128-ctr');
});

it('asks for the pinned kind of key first, and for RSA with SHA-2 where RSA is pinned', () => {
  const first = (pinned?: string) => (offeredAlgorithms(pinned).serverHostKey as string[])[0];
  expect(first()).toBe('ssh-ed25519');
  expect(first('ecdsa-sha2-nistp384')).toBe('ecdsa-sha2-nistp384');
  expect(first('ssh-rsa')).toBe('rsa-sha2-512');
  const { serverHostKey } = offeredAlgorithms('ssh-rsa');
  expect(new Set(serverHostKey as string[]).size).toBe(6);
});
