/**
 * Contract: the SSH bridge signs in at a real OpenSSH server with a password, a key (encrypted or not) or
 * keyboard-interactive, gives a terminal of the size asked for, hands over every byte in order, really stops the host
 * when paused, and ends exactly once with a reason from the closed set.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureLoginAccount, removeLoginAccount } from '../demo/login-account.ts';
import { freePort, type PrivateSshd, startPrivateSshd } from '../demo/private-sshd.ts';
import { createLog } from '../log.ts';
import type { TerminalCredential } from './terminal-bridge.ts';
import { keys, type SshTrial, trySsh } from './testing/ssh-session.ts';

const asRoot = process.getuid?.() === 0;
const username = asRoot ? `sp-ssh-${randomBytes(3).toString('hex')}` : userInfo().username;
const password = randomBytes(9).toString('base64url');
const passphrase = 'open, sésame';
const dir = mkdtempSync(join(tmpdir(), 'sp-bridge-'));
const log = createLog('test', 'silent');
const trials: SshTrial[] = [];
let sshd: PrivateSshd;
let interactive: PrivateSshd | undefined;

function makeKey(name: string, ...options: string[]): void {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', join(dir, name), ...options]);
}

const read = (name: string) => readFileSync(join(dir, name), 'utf8');
const keyCredential = (name: string, secret?: string): TerminalCredential => ({
  type: 'ssh_key',
  username,
  privateKey: read(name),
  ...(secret !== undefined && { passphrase: secret }),
});

function open(
  given: Parameters<typeof trySsh>[2] = {},
  credential = keyCredential('plain'),
  port = sshd.port,
): SshTrial {
  const trial = trySsh(port, credential, given);
  trials.push(trial);
  return trial;
}

beforeAll(async () => {
  makeKey('plain', '-t', 'ed25519');
  makeKey('locked', '-t', 'ed25519', '-N', passphrase, '-a', '4');
  makeKey('rsa', '-t', 'rsa', '-b', '2048');
  makeKey('stranger', '-t', 'ed25519');
  if (asRoot) await ensureLoginAccount(username, password);
  const authorizedKeys = ['plain.pub', 'locked.pub', 'rsa.pub'].map(read);
  const accounts = [{ name: username, authorizedKeys }];
  sshd = await startPrivateSshd({ dir: join(dir, 'sshd'), accounts, passwords: asRoot, log });
  if (asRoot) interactive = await startPrivateSshd({ dir: join(dir, 'pam'), accounts, keyboardInteractive: true, log });
});

afterAll(async () => {
  for (const trial of trials) trial.bridge.close();
  await Promise.all(trials.map(({ ended }) => ended));
  await sshd?.stop();
  await interactive?.stop();
  if (asRoot) await removeLoginAccount(username);
  rmSync(dir, { recursive: true, force: true });
});

async function runs(trial: SshTrial): Promise<void> {
  await trial.opened;
  trial.bridge.write(keys('echo si$((40+2))gn\r'));
  await trial.saw('si42gn');
}

describe('signing in', () => {
  it('takes a key, tells its steps, and shows the host key', async () => {
    const trial = open();
    await runs(trial);
    expect(trial.steps).toEqual(['connecting', 'signing-in']);
    expect(trial.shown.map((key) => key.fingerprint)).toEqual([sshd.hostKeyFingerprint]);
    expect(trial.shown.map((key) => key.keyType)).toEqual(['ssh-ed25519']);
  });

  it('takes an encrypted key with its passphrase, and an RSA key with SHA-2', async () => {
    await runs(open({}, keyCredential('locked', passphrase)));
    await runs(open({}, keyCredential('rsa')));
  });

  it.each([
    ['a wrong passphrase', () => keyCredential('locked', 'wrong'), 'The passphrase does not open the private key.'],
    ['no passphrase', () => keyCredential('locked'), 'The passphrase does not open the private key.'],
    [
      'no key at all',
      (): TerminalCredential => ({ type: 'ssh_key', username, privateKey: 'hello' }),
      'The private key is not in a format that the gateway reads.',
    ],
    [
      'a public key',
      (): TerminalCredential => ({ type: 'ssh_key', username, privateKey: read('plain.pub') }),
      'The private key is not in a format that the gateway reads.',
    ],
  ])('says so of %s, without dialling', async (_, credential, detail) => {
    const trial = open({}, credential());
    expect(await trial.ended).toEqual({ reason: 'credential_unavailable', detail });
    expect(trial.steps).toEqual([]);
  });

  it('is told when the key is not the one', async () => {
    const trial = open({}, keyCredential('stranger'));
    expect(await trial.ended).toEqual({
      reason: 'sign_in_refused',
      detail: `The computer refused the key of ${username}.`,
    });
  });

  it.runIf(asRoot)('takes a password', async () => {
    await runs(open({}, { type: 'password', username, password }));
  });

  it.runIf(asRoot)('takes a password by keyboard-interactive', async () => {
    await runs(open({}, { type: 'password', username, password }, interactive?.port));
  });

  it.runIf(asRoot)('is told when the password is wrong, either way', async () => {
    for (const port of [sshd.port, interactive?.port]) {
      const trial = open({}, { type: 'password', username, password: 'wrong' }, port);
      expect((await trial.ended).reason).toBe('sign_in_refused');
    }
  });
});

describe('before anything is sent', () => {
  it('ends with the reason of the verdict when the host key is not trusted', async () => {
    const verdict = { trusted: false, reason: 'host_key_changed', detail: 'a and b' } as const;
    const trial = open({ verdict });
    expect(await trial.ended).toEqual({ reason: 'host_key_changed', detail: 'a and b' });
    expect(trial.steps).toEqual(['connecting']);
  });

  it('ends when nothing listens there', async () => {
    const port = await freePort();
    expect(await open({}, undefined, port).ended).toEqual({
      reason: 'unreachable',
      detail: `127.0.0.1 port ${port} refused the connection: nothing listens there.`,
    });
  });

  it('ends when the address is not allowed', async () => {
    const trial = open({ rules: { allowTargets: [], ownPorts: [] } });
    expect(await trial.ended).toEqual({
      reason: 'refused_target',
      detail: `127.0.0.1 port ${sshd.port} is the gateway itself (loopback).`,
    });
  });

  it('ends at once when it is told to, at any step', async () => {
    const early = open();
    early.abort.abort();
    expect((await early.ended).reason).toBe('stopped');
    const asking = open({ verifyHostKey: () => new Promise(() => asking.abort.abort()) });
    expect((await asking.ended).reason).toBe('stopped');
    const late = open({ onStep: (step) => step === 'signing-in' && late.abort.abort() });
    expect((await late.ended).reason).toBe('stopped');
    const aborted = open({ signal: AbortSignal.abort() });
    expect((await aborted.ended).reason).toBe('stopped');
  });
});

describe('the terminal', () => {
  it('has the size asked for, and follows a resize', async () => {
    const trial = open({ size: { columns: 101, rows: 37 } });
    await trial.opened;
    trial.bridge.write(keys('stty size; echo $TERM\r'));
    await trial.saw('37 101');
    await trial.saw('xterm-256color');
    trial.bridge.resize({ columns: 132, rows: 50 });
    trial.bridge.write(keys('stty size\r'));
    await trial.saw('50 132');
  });

  it('tells the exit status', async () => {
    const trial = open();
    await trial.opened;
    trial.bridge.write(keys('exit 7\r'));
    expect(await trial.ended).toEqual({ reason: 'exited', exitStatus: 7 });
  });

  it('tells the signal that ended the shell', async () => {
    const trial = open();
    await trial.opened;
    trial.bridge.write(keys('kill -KILL $$\r'));
    expect(await trial.ended).toEqual({ reason: 'exited', detail: 'The shell was ended by SIGKILL.' });
  });

  it('passes an interrupt on', async () => {
    const trial = open();
    await trial.opened;
    // The trap is set before the host says that it is ready, so that no interrupt can come too early.
    const waits = `sh -c 'trap "echo tra$((1))pped; exit" INT; echo rea$((1))dy; while :; do sleep 1; done'`;
    trial.bridge.write(keys(`${waits}\r`));
    await trial.saw('rea1dy');
    trial.bridge.write(keys('\x03'));
    await trial.saw('tra1pped');
  });

  it('ends as disconnected when the host is gone', async () => {
    const own = await startPrivateSshd({
      dir: join(dir, 'gone'),
      accounts: [{ name: username, authorizedKeys: [read('plain.pub')] }],
      log,
    });
    const trial = open({}, undefined, own.port);
    await runs(trial);
    await own.stop();
    expect((await trial.ended).reason).toBe('disconnected');
  });

  it('ends once, and does nothing afterwards', async () => {
    const trial = open();
    await trial.opened;
    trial.bridge.close();
    trial.bridge.close();
    trial.abort.abort();
    trial.bridge.write(keys('echo late\r'));
    trial.bridge.resize({ columns: 90, rows: 30 });
    trial.bridge.pause();
    trial.bridge.resume();
    await nextTurn();
    expect(trial.ends).toEqual([{ reason: 'closed' }]);
  });
});

describe('a flood', () => {
  // Text with characters of one to four bytes, so that packets split them.
  const line = 'zażółć gęślą jaźń – 漢字 🚪 0123456789\n';
  const flood = Buffer.from(line.repeat(Math.ceil((20 * 1024 * 1024) / Buffer.byteLength(line))));
  const file = join(dir, 'flood.txt');
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  beforeAll(() => {
    execFileSync('chmod', ['755', dir]);
    writeFileSync(file, flood, { mode: 0o644 });
  });

  // `-opost` keeps the terminal from turning LF into CR LF; the marks are computed so that their echo differs.
  const command = `stty -opost; printf 'be%s' gin; cat ${file}; printf 'fin%s' ished; stty opost\r`;

  it('of 20 MB arrives byte for byte', async () => {
    const trial = open();
    await trial.opened;
    trial.bridge.write(keys(command));
    await trial.saw('finished');
    const all = trial.output();
    const start = all.indexOf('begin') + 5;
    expect(digest(all.subarray(start, all.indexOf('finished', start)))).toBe(digest(flood));
  });

  it('stops at the host while paused, and goes on where it stopped', async () => {
    const trial = open();
    await trial.opened;
    trial.bridge.write(keys(command));
    await trial.saw('begin');
    trial.bridge.pause();
    const before = trial.received();
    // Another session of the same machine works meanwhile: the gateway is idle, not busy.
    const other = open();
    await runs(other);
    await runs(open());
    expect(trial.received()).toBe(before);
    const done = execFileSync('pgrep', ['-u', username, '-x', 'cat']).toString().trim();
    expect(done).not.toBe(''); // `cat` still waits: its output did not go into our memory
    trial.bridge.resume();
    await trial.saw('finished');
    const all = trial.output();
    const start = all.indexOf('begin') + 5;
    expect(digest(all.subarray(start, all.indexOf('finished', start)))).toBe(digest(flood));
  });

  it('that ends while paused is handed over before the end is told', async () => {
    const trial = open();
    await trial.opened;
    trial.bridge.pause();
    trial.bridge.write(keys('printf "la%s" st; exit 3\r'));
    expect(await trial.ended).toEqual({ reason: 'exited', exitStatus: 3 });
    expect(trial.output().toString()).toContain('last');
  });
});
