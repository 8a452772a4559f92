/**
 * The private sshd is a real OpenSSH server: it listens on loopback alone, shows the host key it says it shows, takes
 * the keys and passwords it was told to take and no others, forwards nothing, and is gone with all its connections
 * when stopped.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startOf } from '../../db/embedded/process-lock.ts';
import { createLog } from '../log.ts';
import { ensureLoginAccount, removeLoginAccount } from './login-account.ts';
import { ensureKeyPair, fingerprintOf, freePort, type PrivateSshd, startPrivateSshd } from './private-sshd.ts';

const log = createLog('test', 'silent');
const asRoot = process.getuid?.() === 0;
const account = asRoot ? `sp-test-${randomBytes(3).toString('hex')}` : userInfo().username;
const password = randomBytes(9).toString('base64url');
const dir = mkdtempSync(join(tmpdir(), 'sp-sshd-'));
const keyPath = join(dir, 'client');
const servers: PrivateSshd[] = [];

beforeAll(async () => {
  await ensureKeyPair(keyPath, 'test');
  if (asRoot) await ensureLoginAccount(account, password);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(async () => {
  if (asRoot) await removeLoginAccount(account);
  rmSync(dir, { recursive: true });
});

async function start(options: Partial<Parameters<typeof startPrivateSshd>[0]> = {}): Promise<PrivateSshd> {
  const accounts = [{ name: account, authorizedKeys: [readFileSync(`${keyPath}.pub`, 'utf8')] }];
  const server = await startPrivateSshd({ dir: join(dir, 'server'), accounts, log, ...options });
  servers.push(server);
  return server;
}

type Answer = { client: ssh2.Client; fingerprint: string };

function signIn(port: number, how: ssh2.ConnectConfig): Promise<Answer> {
  const client = new ssh2.Client();
  let fingerprint = '';
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve({ client, fingerprint }));
    client.on('error', reject);
    client.on('keyboard-interactive', (_name, _text, _language, _prompts, answer) => answer([password]));
    client.connect({
      host: '127.0.0.1',
      port,
      username: account,
      hostVerifier: (key: Buffer) => {
        fingerprint = fingerprintOf(`ssh-ed25519 ${key.toString('base64')}`);
        return true;
      },
      ...how,
    });
  });
}

function runCommand(client: ssh2.Client, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let text = '';
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      channel.on('close', () => resolve(text));
    });
  });
}

it('takes a key from a folder of any name', async () => {
  const odd = join(dir, 'zwei  Wörter, 100%u "so\\genannt"');
  const { port } = await start({ dir: odd });
  const { client } = await signIn(port, { privateKey: readFileSync(keyPath) });
  expect(await runCommand(client, 'whoami')).toBe(`${account}\n`);
  client.end();
});

it('signs the account in by key, runs its commands, and shows the host key it names', async () => {
  const server = await start();
  const { client, fingerprint } = await signIn(server.port, { privateKey: readFileSync(keyPath) });
  expect(await runCommand(client, 'id -un')).toBe(`${account}\n`);
  expect(fingerprint).toBe(server.hostKeyFingerprint);
  const shown = execFileSync('ssh-keygen', ['-l', '-f', join(dir, 'server', 'host_key.pub')], { encoding: 'utf8' });
  expect(shown).toContain(server.hostKeyFingerprint);
  client.end();
});

it('keeps its host key over a restart and takes another when given one', async () => {
  const first = await start();
  await first.stop();
  const second = await start();
  expect(second.hostPublicKey).toBe(first.hostPublicKey);
  await second.stop();
  const third = await start({ hostKey: readFileSync(keyPath, 'utf8') });
  expect(third.hostPublicKey).toBe(readFileSync(`${keyPath}.pub`, 'utf8').split(' ').slice(0, 2).join(' '));
});

it('refuses keys that it was not told of', async () => {
  const other = join(dir, 'other');
  await ensureKeyPair(other, 'other');
  const server = await start();
  await expect(signIn(server.port, { privateKey: readFileSync(other) })).rejects.toThrow(/authentication/i);
});

it('refuses passwords unless they were asked for', async () => {
  const server = await start();
  await expect(signIn(server.port, { password })).rejects.toThrow(/authentication/i);
});

it('forwards no connection', async () => {
  const server = await start();
  const { client } = await signIn(server.port, { privateKey: readFileSync(keyPath) });
  const forwarded = new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 1, '127.0.0.1', server.port, (error, channel) =>
      error ? reject(error) : resolve(channel),
    );
  });
  await expect(forwarded).rejects.toThrow(/prohibited|open failed/i);
  client.end();
});

it('leaves Ctrl-C to the shells that it starts', async () => {
  const server = await start();
  const { client } = await signIn(server.port, { privateKey: readFileSync(keyPath) });
  const ignored = Number.parseInt(
    (await runCommand(client, 'grep SigIgn /proc/self/status')).split(/\s+/)[1] ?? '',
    16,
  );
  expect(ignored & 0b110).toBe(0);
  client.end();
});

it('ends its connections when it stops', async () => {
  const server = await start();
  const { client } = await signIn(server.port, { privateKey: readFileSync(keyPath) });
  const closed = new Promise((resolve) => client.on('close', () => resolve(undefined)));
  await server.stop();
  await closed;
  expect(await startOf(server.pid)).toBeUndefined();
});

it('says so when its port is taken', async () => {
  const port = await freePort();
  await start({ port });
  await expect(start({ port, dir: join(dir, 'second') })).rejects.toThrow('Address already in use');
});

it('listens on loopback alone', async () => {
  const server = await start();
  const listening = execFileSync('cat', ['/proc/net/tcp', '/proc/net/tcp6'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[1] ?? '')
    .filter((address) => address.endsWith(`:${server.port.toString(16).toUpperCase().padStart(4, '0')}`));
  expect(new Set(listening)).toEqual(
    new Set(['0100007F:'.concat(server.port.toString(16).toUpperCase().padStart(4, '0'))]),
  );
  createConnection(server.port, '127.0.0.1')
    .on('error', () => undefined)
    .destroy();
});

describe.runIf(asRoot)('as root', () => {
  it('takes the password of the account, and only that', async () => {
    const server = await start({ passwords: true });
    const { client } = await signIn(server.port, { password });
    expect(await runCommand(client, 'id -Gn')).toBe(`${account}\n`);
    client.end();
    await expect(signIn(server.port, { password: 'wrong' })).rejects.toThrow(/authentication/i);
    await expect(signIn(server.port, { username: 'root', password })).rejects.toThrow(/authentication/i);
  });

  it('asks for the password by keyboard-interactive', async () => {
    const server = await start({ keyboardInteractive: true });
    const { client } = await signIn(server.port, { tryKeyboard: true });
    expect(await runCommand(client, 'id -un')).toBe(`${account}\n`);
    client.end();
  });
});
