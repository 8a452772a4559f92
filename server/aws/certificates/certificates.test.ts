import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, describe, expect, test } from 'vitest';
import { hostSuffixes } from '../endpoints/partitions.ts';
import { leafNameOf, leavesOf, newAuthority } from './authority.ts';
import { leafCertificate, nameOf } from './certificate.ts';
import { der, integer, moment, oid } from './der.ts';

/*
 * Certificates are read by those who did not write them: Node's TLS and OpenSSL's own verifier. The authority speaks for
 * names of AWS and for no other, also for whoever has its key.
 */

const folder = mkdtempSync(join(tmpdir(), 'sp-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));

const authority = newAuthority(new Date());
const leaves = leavesOf(authority, { now: () => new Date() });

/** What OpenSSL says of a leaf under the authority, by its own rules. */
function verified(leafPem: string, name: string): string {
  const file = (file: string, text: string) => {
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  };
  const files = ['-CAfile', file('ca.pem', authority.certificatePem), file('leaf.pem', leafPem)];
  const options = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', name];
  try {
    return execFileSync('openssl', [...options, ...files], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return String((error as { stderr?: string }).stderr);
  }
}

function forgedLeaf(name: string): string {
  const now = Date.now();
  const key = { key: authority.privateKeyPem, format: 'pem' } as const;
  const certificate = new X509Certificate(authority.certificatePem);
  const [, commonName = ''] = /CN=(.*)$/m.exec(certificate.subject) ?? [];
  const subject = nameOf('Sallyport', commonName);
  return leafCertificate(
    { names: [name], publicKey: createPublicKey(key), from: new Date(now - 1000), until: new Date(now + 60_000) },
    { certificate, subject, key: createPrivateKey(authority.privateKeyPem) },
  );
}

async function shownTo(name: string, servername = name): Promise<X509Certificate> {
  const server = createServer({ SNICallback: (_, done) => done(null, leaves.contextFor(name)) });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect({ port: (server.address() as AddressInfo).port, servername, ca: authority.certificatePem });
  try {
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) throw new Error('no certificate');
    return certificate;
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('the authority', () => {
  const certificate = new X509Certificate(authority.certificatePem);

  test('is one for ten years, of P-256, and signs certificates alone', () => {
    expect(certificate.ca).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    const years = (Date.parse(certificate.validTo) - Date.now()) / (365.25 * 86_400_000);
    expect(years).toBeGreaterThan(9.9);
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], {
      input: authority.certificatePem,
      encoding: 'utf8',
    });
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(text).toMatch(/Name Constraints: critical/);
    for (const suffix of hostSuffixes) expect(text).toContain(`DNS:${suffix}\n`);
  });

  test('has a name and a key that no other has', () => {
    const other = new X509Certificate(newAuthority(new Date()).certificatePem);
    expect(other.subject).not.toBe(certificate.subject);
    expect(other.fingerprint256).not.toBe(certificate.fingerprint256);
  });

  test('cannot speak for other names, even with its key in the wrong hands', () => {
    expect(verified(forgedLeaf('sts.amazonaws.com'), 'sts.amazonaws.com')).toContain('OK');
    for (const name of ['example.com', 'login.microsoftonline.com', 'amazonaws.com.evil.test', 'xamazonaws.com']) {
      expect(verified(forgedLeaf(name), name)).toContain('permitted subtree violation');
    }
    expect(() => leaves.contextFor('example.com')).toThrow('hosts of AWS only');
  });
});

describe('a leaf', () => {
  test('is believed by a client that has the authority, for a day, and shares its key with the others', async () => {
    const certificate = await shownTo('sts.eu-west-1.amazonaws.com');
    expect(certificate.subjectAltName).toBe('DNS:sts.eu-west-1.amazonaws.com');
    expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
    expect(verified(certificate.toString(), 'sts.eu-west-1.amazonaws.com')).toContain('OK');
    const other = await shownTo('iam.amazonaws.com');
    expect(other.publicKey.equals(certificate.publicKey)).toBe(true);
    expect(other.serialNumber).not.toBe(certificate.serialNumber);
  });

  test('covers the buckets beside one, so that each needs none of its own', async () => {
    const certificate = await shownTo('*.s3.eu-west-1.amazonaws.com', 'my-bucket.s3.eu-west-1.amazonaws.com');
    expect(certificate.checkHost('other-bucket.s3.eu-west-1.amazonaws.com')).toBeDefined();
    expect(certificate.checkHost('a.b.s3.eu-west-1.amazonaws.com')).toBeUndefined();
  });

  test.each([
    ['sts.amazonaws.com', undefined, 'sts.amazonaws.com'],
    ['b.s3.eu-west-1.amazonaws.com', 'b', '*.s3.eu-west-1.amazonaws.com'],
    ['a.b.s3.eu-west-1.amazonaws.com', 'a.b', 'a.b.s3.eu-west-1.amazonaws.com'],
  ])('for %s with the bucket %s is for %s', (host, bucket, name) => {
    expect(leafNameOf(host, bucket)).toBe(name);
  });

  test('is kept, made anew before it ends, and forgotten when it was not used for long', () => {
    let now = Date.now();
    const few = leavesOf(authority, { now: () => new Date(now), most: 2 });
    const [a, b] = [few.contextFor('a.amazonaws.com'), few.contextFor('b.amazonaws.com')];
    expect(few.contextFor('a.amazonaws.com')).toBe(a);
    few.contextFor('c.amazonaws.com');
    expect(few.contextFor('a.amazonaws.com')).toBe(a);
    expect(few.contextFor('b.amazonaws.com')).not.toBe(b);
    now += 23 * 3_600_000;
    expect(few.contextFor('a.amazonaws.com')).not.toBe(a);
  });
});

describe('what they are written in', () => {
  test.each([
    [integer(Buffer.from([0, 0, 0x7f])), '02017f'],
    [integer(Buffer.from([0x80])), '02020080'],
    [integer(Buffer.from([0])), '020100'],
    [oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    [oid('2.5.29.17'), '0603551d11'],
    [moment(new Date('2026-11-20T13:24:05.678Z')), `170d${Buffer.from('261120132405Z').toString('hex')}`],
    [moment(new Date('2050-01-01T00:00:00Z')), `180f${Buffer.from('20500101000000Z').toString('hex')}`],
    [der(0x04, Buffer.alloc(0x7f)).subarray(0, 2), '047f'],
    [der(0x04, Buffer.alloc(0x80)).subarray(0, 3), '048180'],
    [der(0x04, Buffer.alloc(0x100)).subarray(0, 4), '04820100'],
  ])('%#', (bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex);
  });
});
