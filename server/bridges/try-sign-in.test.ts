/**
 * Contract: a trial signs in at a real OpenSSH server once, as a session would, and hangs up without a shell. Whoever does
 * not show the pinned key is sent nothing. A secret is sent once at most; each way to fail has a word of its own; nothing
 * that a host sends or leaves out keeps it from answering.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { AuthContext } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureLoginAccount, removeLoginAccount } from '../demo/login-account.ts';
import { freePort, type PrivateSshd, startPrivateSshd } from '../demo/private-sshd.ts';
import { createLog } from '../log.ts';
import { signInProblems, signInWords } from '../protocol/sign-in-words.ts';
import { readHostKey } from './host-key.ts';
import type { HostKey, TerminalCredential } from './terminal-bridge.ts';
import { type FakeSshBehaviour, startFakeSshServer } from './testing/fake-ssh-server.ts';
import { trySignIn } from './try-sign-in.ts';

const asRoot = process.getuid?.() === 0;
const username = asRoot ? `sp-try-${randomBytes(3).toString('hex')}` : userInfo().username;
const password = randomBytes(9).toString('base64url');
const dir = mkdtempSync(join(tmpdir(), 'sp-try-'));
const log = createLog('test', 'silent');
const rules = { allowTargets: ['127.0.0.1'], ownPorts: [] };
let sshd: PrivateSshd;
let interactive: PrivateSshd | undefined;

const read = (name: string) => readFileSync(join(dir, name), 'utf8');
const keyCredential = (name: string): TerminalCredential => ({ type: 'ssh_key', username, privateKey: read(name) });
const passwordCredential = (secret = password): TerminalCredential => ({
  type: 'password',
  username,
  password: secret,
});

function pinnedOf({ hostPublicKey }: PrivateSshd): HostKey {
  return readHostKey(Buffer.from(hostPublicKey.split(' ')[1] ?? '', 'base64'))!;
}

function attempt(port: number, credential: TerminalCredential, pinned: HostKey, signal = new AbortController().signal) {
  return trySignIn({ server: '127.0.0.1', port }, { credential, pinned, rules, signal });
}

beforeAll(async () => {
  for (const name of ['known', 'stranger']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  }
  if (asRoot) await ensureLoginAccount(username, password);
  const accounts = [{ name: username, authorizedKeys: [read('known.pub')] }];
  sshd = await startPrivateSshd({ dir: join(dir, 'sshd'), accounts, passwords: asRoot, log });
  if (asRoot) interactive = await startPrivateSshd({ dir: join(dir, 'pam'), accounts, keyboardInteractive: true, log });
});

afterAll(async () => {
  await sshd?.stop();
  await interactive?.stop();
  if (asRoot) await removeLoginAccount(username);
  rmSync(dir, { recursive: true, force: true });
});

describe('at a real server', () => {
  it('a right key works', async () => {
    expect(await attempt(sshd.port, keyCredential('known'), pinnedOf(sshd))).toEqual({ ok: true });
  });

  it('a key that the account does not know is refused', async () => {
    expect(await attempt(sshd.port, keyCredential('stranger'), pinnedOf(sshd))).toEqual({
      ok: false,
      problem: 'refused',
      detail: `The computer refused the key of ${username}.`,
    });
  });

  it.runIf(asRoot)('a right password works, a wrong one is refused', async () => {
    expect(await attempt(sshd.port, passwordCredential(), pinnedOf(sshd))).toEqual({ ok: true });
    expect(await attempt(sshd.port, passwordCredential('wrong'), pinnedOf(sshd))).toMatchObject({ problem: 'refused' });
  });

  it.runIf(asRoot)('a password that is asked for by keyboard-interactive works, and is refused there', async () => {
    const pinned = pinnedOf(interactive!);
    expect(await attempt(interactive!.port, passwordCredential(), pinned)).toEqual({ ok: true });
    const refused = await attempt(interactive!.port, passwordCredential('wrong'), pinned);
    expect(refused).toMatchObject({ ok: false, problem: 'refused' });
  });

  it.skipIf(asRoot)('a password where only keys are taken is the wrong kind', async () => {
    expect(await attempt(sshd.port, passwordCredential(), pinnedOf(sshd))).toMatchObject({ problem: 'method' });
  });

  it('with another pinned key it is told, and nothing is sent', async () => {
    const other = pinnedOf(sshd);
    const forged = { ...other, publicKey: Uint8Array.from(other.publicKey).fill(7, 20), fingerprint: 'SHA256:pinned' };
    const result = await attempt(sshd.port, keyCredential('known'), forged);
    expect(result).toMatchObject({ ok: false, problem: 'host_key' });
    expect(!result.ok && result.detail).toBe(
      `Pinned: ssh-ed25519 SHA256:pinned. Shown: ssh-ed25519 ${sshd.hostKeyFingerprint}.`,
    );
  });

  it('leaves no connection behind', async () => {
    await attempt(sshd.port, keyCredential('known'), pinnedOf(sshd));
    const children = () => readFileSync(`/proc/${sshd.pid}/task/${sshd.pid}/children`, 'utf8').trim();
    await expect.poll(children, { timeout: 5000 }).toBe('');
  });
});

describe('without a server', () => {
  const pinned: HostKey = { keyType: 'ssh-ed25519', publicKey: new Uint8Array([1]), fingerprint: 'SHA256:x' };

  it('a closed port, and an address that may not be dialled, are told apart', async () => {
    const port = await freePort();
    expect(await attempt(port, passwordCredential(), pinned)).toMatchObject({ problem: 'unreachable' });
    const signal = new AbortController().signal;
    const strict = { credential: passwordCredential(), pinned, rules: { allowTargets: [], ownPorts: [] }, signal };
    const refused = await trySignIn({ server: '127.0.0.1', port }, strict);
    expect(refused).toMatchObject({ problem: 'refused_target' });
  });

  it('a key that cannot be read is told without dialling', async () => {
    const credential: TerminalCredential = { type: 'ssh_key', username, privateKey: 'not a key' };
    expect(await attempt(1, credential, pinned)).toMatchObject({ problem: 'key_unreadable' });
  });

  it.each([
    ['says something that is not SSH', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['hangs up', ''],
  ])('a listener that %s is unreachable', async (_, words) => {
    const listener = createServer((socket) => socket.on('error', () => undefined).end(words));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const result = await attempt((listener.address() as AddressInfo).port, passwordCredential(), pinned);
    listener.close();
    expect(result).toMatchObject({ ok: false, problem: 'unreachable' });
  });

  it('one that says nothing is given up when its caller does', async () => {
    const listener = createServer((socket) => socket.on('error', () => undefined));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const caller = new AbortController();
    listener.once('connection', () => caller.abort());
    const { port } = listener.address() as AddressInfo;
    expect(await attempt(port, passwordCredential(), pinned, caller.signal)).toMatchObject({ problem: 'unreachable' });
    listener.close();
  });
});

describe('a host that does as it likes', () => {
  async function trial(behaviour: FakeSshBehaviour, credential = passwordCredential('the secret')) {
    const server = await startFakeSshServer(behaviour);
    const { publicKey, fingerprint } = server;
    const result = await attempt(server.port, credential, { keyType: 'ssh-ed25519', publicKey, fingerprint });
    await server.stop();
    const sent = server.attempts.filter(({ method }) => method !== 'none').map(({ method }) => method);
    return { result, sent, secrets: server.attempts.flatMap(({ secret }) => secret ?? []) };
  }

  const offering =
    (methods: AuthContext['method'][], answer: (context: AuthContext) => void = (context) => context.reject(methods)) =>
    (context: AuthContext) =>
      context.method === 'none' ? context.reject(methods) : answer(context);

  it('and offers passwords again and again hears it once', async () => {
    const { result, secrets } = await trial({ onAuth: offering(['password']) });
    expect(result).toMatchObject({ problem: 'refused' });
    expect(secrets).toEqual(['the secret']);
  });

  it('takes the password and asks for a second factor', async () => {
    const onAuth = offering(['password'], (context) => context.reject(['keyboard-interactive'], true));
    expect((await trial({ onAuth })).result).toMatchObject({ problem: 'second_factor' });
  });

  it('takes only keys', async () => {
    const { result, secrets } = await trial({ onAuth: offering(['publickey']) });
    expect(result).toMatchObject({ problem: 'method' });
    expect(secrets).toEqual([]);
  });

  it('asks two questions, or one that is shown on the screen', async () => {
    for (const prompts of [
      [
        { prompt: 'Password: ', echo: false },
        { prompt: 'Code: ', echo: false },
      ],
      [{ prompt: 'Your cat: ', echo: true }],
    ]) {
      const answers: unknown[] = [];
      const onAuth = offering(['keyboard-interactive'], (context) => {
        if (context.method === 'keyboard-interactive') context.prompt(prompts, (given) => answers.push(given));
      });
      expect((await trial({ onAuth })).result).toMatchObject({ ok: false, problem: 'other_question' });
      expect(answers).toEqual([]);
    }
  });

  it('wants the password to be changed', async () => {
    const onAuth = offering(['password'], (context) => {
      if (context.method === 'password') context.requestChange('Your password has expired.', () => undefined);
    });
    const { result, secrets } = await trial({ onAuth });
    expect(result).toMatchObject({ ok: false, problem: 'password_change' });
    expect(secrets).toEqual(['the secret']);
  });

  it('hangs up in the middle of it', async () => {
    const { result } = await trial({
      onConnection: (connection) => connection.once('handshake', () => connection.end()),
    });
    expect(result).toMatchObject({ ok: false });
  });

  it('lets anybody in without a password: that works, and the secret stays here', async () => {
    const { result, secrets } = await trial({});
    expect(result).toEqual({ ok: true });
    expect(secrets).toEqual([]);
  });
});

it('has words and an advice for each', () => {
  for (const problem of signInProblems) {
    const { title, advice } = signInWords(problem);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(advice).toMatch(/^[A-Z].*\.$/);
  }
});
