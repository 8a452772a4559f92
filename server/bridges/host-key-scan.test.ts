/** Contract: a scan takes the host key that a computer shows and hangs up: no name, no secret, nothing left open. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type PrivateSshd, startPrivateSshd } from '../demo/private-sshd.ts';
import { createLog } from '../log.ts';
import { fingerprintOf, readHostKey } from './host-key.ts';
import { scanHostKey } from './host-key-scan.ts';
import { startFakeSshServer } from './testing/fake-ssh-server.ts';

const dir = mkdtempSync(join(tmpdir(), 'sp-scan-'));
const options = { rules: { allowTargets: ['127.0.0.1'], ownPorts: [] }, signal: new AbortController().signal };
let sshd: PrivateSshd;

beforeAll(async () => {
  sshd = await startPrivateSshd({ dir, accounts: [{ name: 'nobody' }], log: createLog('test', 'silent') });
});
afterAll(async () => {
  await sshd?.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('a scan', () => {
  it('gives the key that ssh-keygen prints', async () => {
    const scanned = await scanHostKey({ server: '127.0.0.1', port: sshd.port }, options);
    if (!scanned.ok) throw new Error(scanned.end.detail);
    const printed = execFileSync('ssh-keygen', ['-l', '-f', join(dir, 'host_key.pub')]).toString();
    expect(printed).toContain(scanned.key.fingerprint);
    expect(scanned.key.keyType).toBe('ssh-ed25519');
    expect(fingerprintOf(scanned.key.publicKey)).toBe(scanned.key.fingerprint);
  });

  it('does not try to sign in', async () => {
    const server = await startFakeSshServer();
    await scanHostKey({ server: '127.0.0.1', port: server.port }, options);
    await server.stop();
    expect(server.attempts).toEqual([]);
  });

  it('says what is wrong', async () => {
    const port = await freePort();
    expect(await scanHostKey({ server: '127.0.0.1', port }, options)).toMatchObject({ end: { reason: 'unreachable' } });
    const rules = { allowTargets: [], ownPorts: [] };
    expect(await scanHostKey({ server: '127.0.0.1', port }, { ...options, rules })).toMatchObject({
      end: { reason: 'refused_target' },
    });
  });
});

it('reads no host key out of bytes that are none', () => {
  expect(readHostKey(Buffer.from([0, 0, 0, 200, 1, 2, 3, 4]))).toBeUndefined();
  expect(readHostKey(Buffer.from([0, 0, 0, 2, 10, 10, 3, 4]))).toBeUndefined();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void readHostKey(bytes)));
});
