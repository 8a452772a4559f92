/*
 * Whatever an administrator pastes as a private key is either a key that will sign in, or is answered by one sentence
 * that names what it is and what to do. The keys are made by the real ssh-keygen and by OpenSSL. What is given back is
 * the same key without its passphrase, and ssh-keygen agrees.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readKdfRounds } from './openssh-key.ts';
import { readPrivateKey } from './private-key.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function keygen(...options: string[]): { privateKey: string; publicKey: string; path: string } {
  const path = join(folder, `key${++count}`);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-a', '2', '-C', 'made by a test', '-f', path, ...options]);
  return { path, privateKey: readFileSync(path, 'utf8'), publicKey: readFileSync(`${path}.pub`, 'utf8') };
}

function publicHalf(privateKey: string): string {
  const path = join(folder, `read${++count}`);
  writeFileSync(path, privateKey, { mode: 0o600 });
  const [type, key] = execFileSync('ssh-keygen', ['-y', '-P', '', '-f', path], { encoding: 'utf8' }).split(' ');
  return `${type} ${key?.trim()}`;
}

function problemWith(text: string, passphrase?: string): string {
  const read = readPrivateKey(text, passphrase);
  return read.ok ? 'no problem' : `${read.field}: ${read.problem}`;
}

const kinds: [string, string[]][] = [
  ['Ed25519', ['-t', 'ed25519']],
  ['ECDSA 256', ['-t', 'ecdsa', '-b', '256']],
  ['ECDSA 384', ['-t', 'ecdsa', '-b', '384']],
  ['ECDSA 521', ['-t', 'ecdsa', '-b', '521']],
  ['RSA 2048', ['-t', 'rsa', '-b', '2048']],
  ['RSA 2048 as PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ECDSA 256 as PEM', ['-t', 'ecdsa', '-b', '256', '-m', 'PEM']],
];

describe('a good key', () => {
  test.each(kinds)('%s, without and with a passphrase', (_, options) => {
    const plain = keygen(...options);
    const encrypted = keygen(...options, '-N', 'open sesame');
    for (const [key, passphrase] of [[plain, undefined] as const, [encrypted, 'open sesame'] as const]) {
      const read = readPrivateKey(key.privateKey, passphrase);
      expect(read.ok && publicHalf(read.privateKey)).toBe(key.publicKey.split(' ').slice(0, 2).join(' '));
      expect(read.ok && read.privateKey).not.toMatch(/ENCRYPTED|open sesame/);
    }
  });

  test('pasted with Windows line ends, blank lines around it, or without its last line end', () => {
    const { privateKey, publicKey } = keygen('-t', 'ed25519');
    const variants = [privateKey.replaceAll('\n', '\r\n'), `\n\n  ${privateKey}\n\n`, privateKey.trimEnd()];
    for (const text of variants) {
      const read = readPrivateKey(text);
      expect(read.ok && publicKey.startsWith(publicHalf(read.privateKey))).toBe(true);
    }
  });

  test('a passphrase that was not needed does no harm', () => {
    expect(readPrivateKey(keygen('-t', 'ed25519').privateKey, 'needless').ok).toBe(true);
    expect(readPrivateKey(keygen('-t', 'rsa', '-m', 'PEM').privateKey, 'needless').ok).toBe(true);
  });
});

describe('a key that cannot be used gets a sentence of its own', () => {
  test.each(kinds)('%s with the passphrase missing or wrong', (_, options) => {
    const { privateKey } = keygen(...options, '-N', 'open sesame');
    expect(problemWith(privateKey)).toBe('passphrase: This key is protected. Enter its passphrase too.');
    for (const guess of ['wrong', 'open sesame ']) {
      expect(problemWith(privateKey, guess)).toBe('passphrase: This passphrase does not open this key.');
    }
  });

  test('the public key by mistake, in each of its formats', () => {
    const { publicKey, path } = keygen('-t', 'ed25519');
    expect(problemWith(publicKey)).toContain('This is a public key.');
    for (const format of ['RFC4716', 'PKCS8', 'PEM']) {
      const { path: rsa } = keygen('-t', 'rsa');
      const text = execFileSync('ssh-keygen', ['-e', '-m', format, '-f', `${rsa}.pub`], { encoding: 'utf8' });
      expect(problemWith(text)).toContain('This is a public key.');
    }
    expect(problemWith(readFileSync(`${path}.pub`, 'utf8'))).toContain('without ".pub"');
  });

  test('a PuTTY key, of either version', () => {
    for (const version of [2, 3]) {
      expect(problemWith(`PuTTY-User-Key-File-${version}: ssh-ed25519\r\nEncryption: none\r\n`)).toContain('puttygen');
    }
  });

  test('a PKCS#8 key, a certificate, a DSA key', () => {
    const pkcs8 = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    expect(problemWith(pkcs8.privateKey)).toContain('PKCS#8');
    expect(problemWith('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----')).toContain('certificate');
    expect(problemWith('-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----')).toContain(
      'no longer safe',
    );
  });

  test('half a key', () => {
    const { privateKey } = keygen('-t', 'ed25519');
    for (const part of [privateKey.slice(0, 200), privateKey.slice(40), privateKey.replace(/\n.{40}/, '\n')]) {
      expect(problemWith(part)).toContain('This is not an SSH private key.');
    }
  });

  test('a key whose writer wants this process to compute for hours', () => {
    const { privateKey } = keygen('-t', 'ed25519', '-N', 'open sesame', '-a', '17');
    const bytes = Buffer.from(privateKey.split('\n').slice(1, -2).join(''), 'base64');
    expect(readKdfRounds(privateKey)).toBe(17);
    const at = bytes.indexOf(Buffer.from([0, 0, 0, 17, 0, 0, 0, 1]));
    bytes.writeUInt32BE(0xffffffff, at);
    const hostile = `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(problemWith(hostile, 'open sesame')).toContain('4294967295 rounds');
    expect(problemWith(`\r\n ${hostile.replaceAll('\n', '\r\n')}`, 'open sesame')).toContain('4294967295 rounds');
  });

  test('garbage of any kind, framed as a key or not, never throws', () => {
    const frames = ['OPENSSH', 'RSA', 'EC', 'DSA', 'ENCRYPTED'];
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.uint8Array({ maxLength: 300 }), fc.string(), (frame, bytes, text) => {
        const body = Buffer.from(bytes).toString('base64');
        const framed = `-----BEGIN ${frame} PRIVATE KEY-----\n${body}\n-----END ${frame} PRIVATE KEY-----`;
        const magic = Buffer.concat([Buffer.from('openssh-key-v1\0'), bytes]).toString('base64');
        const openssh = `-----BEGIN OPENSSH PRIVATE KEY-----\n${magic}\n-----END OPENSSH PRIVATE KEY-----`;
        for (const pasted of [framed, openssh, text]) expect(readPrivateKey(pasted, text).ok).toBe(false);
      }),
    );
  });
});
