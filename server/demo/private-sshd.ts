import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type Guarded, guardedSpawn } from '../../db/embedded/guarded-spawn.ts';
import { environmentForOthers } from '../config/env.ts';
import type { Log } from '../log.ts';
import { StartError } from '../supervise/start-error.ts';

const run = promisify(execFile);
const programs = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd', '/usr/bin/sshd'];

export type SshdOptions = {
  /** Folder for its keys and configuration; made 0700. */
  dir: string;
  /** 0 or nothing: a free one. */
  port?: number;
  /** Accounts of this machine that may sign in, with their public keys (lines as in authorized_keys). */
  accounts: { name: string; authorizedKeys?: string[] }[];
  /** Accept account passwords. Only root's sshd can check them. */
  passwords?: boolean;
  /** Ask for the password by keyboard-interactive (through PAM). Only as root. */
  keyboardInteractive?: boolean;
  /** Private host key in OpenSSH's format. Default: the one in `dir`, generated at first. */
  hostKey?: string;
  /** Further lines of sshd_config. They come first, and sshd takes the first value it reads. */
  extraConfig?: string[];
  log: Log;
};

export type PrivateSshd = {
  host: '127.0.0.1';
  port: number;
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  hostKeyFingerprint: string;
  /** `ssh-ed25519 AAAA…` */
  hostPublicKey: string;
  /** The listener's process id. */
  pid: number;
  /** Ends the listener and every connection it took. */
  stop(): Promise<void>;
};

/** Thrown when this machine has no sshd. The message names the command that installs one. */
export class SshdMissing extends StartError {
  override name = 'SshdMissing';
  constructor() {
    super('No OpenSSH server is installed. On Debian, please run as root: apt-get install openssh-server');
  }
}

/**
 * Starts a real OpenSSH server of our own on 127.0.0.1, which ends with this process. As root, every listed account
 * may sign in; otherwise only the caller, by key. It has no forwarding of any kind.
 */
export async function startPrivateSshd(options: SshdOptions): Promise<PrivateSshd> {
  const program = programs.find((path) => existsSync(path));
  if (!program) throw new SshdMissing();
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 }); // sshd insists on it.
  const hostPublicKey = await prepareHostKey(options);
  await writeAuthorizedKeys(options);
  const { server, port } = await listen(program, options);
  return {
    host: '127.0.0.1',
    port,
    hostKeyFingerprint: fingerprintOf(hostPublicKey),
    hostPublicKey,
    pid: server.process.pid as number,
    stop: async () => {
      const connections = await childrenOf(server.process.pid as number);
      await server.stop();
      for (const pid of connections) endConnection(pid);
    },
  };
}

/** Makes an unencrypted Ed25519 key pair at `path` and `path`.pub, unless it is there. */
export async function ensureKeyPair(path: string, comment: string): Promise<void> {
  if (existsSync(path) && existsSync(`${path}.pub`)) return;
  await rm(path, { force: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}

/** `SHA256:…` of a public key line, as `ssh-keygen -l` prints it. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

async function prepareHostKey({ dir, hostKey }: SshdOptions): Promise<string> {
  const path = join(dir, 'host_key');
  if (hostKey) {
    await writeFile(path, hostKey, { mode: 0o600 });
    const { stdout } = await run('ssh-keygen', ['-y', '-f', path]);
    await writeFile(`${path}.pub`, stdout);
  } else {
    await ensureKeyPair(path, 'sallyport');
  }
  const [type, blob] = (await readFile(`${path}.pub`, 'utf8')).trim().split(' ');
  return `${type} ${blob}`;
}

async function writeAuthorizedKeys({ dir, accounts }: SshdOptions): Promise<void> {
  const folder = join(dir, 'authorized_keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name, authorizedKeys = [] } of accounts) {
    await writeFile(join(folder, name), authorizedKeys.map((line) => `${line.trim()}\n`).join(''), { mode: 0o600 });
  }
}

/** sshd opens an AuthorizedKeysFile as the account that signs in, which cannot reach a folder below root's home. */
function authorizedKeysLines(dir: string): string[] {
  const path = quoted(join(dir.replaceAll('%', '%%'), 'authorized_keys', '%u'));
  if (process.getuid?.() !== 0) return [`AuthorizedKeysFile ${path}`];
  return ['AuthorizedKeysFile none', `AuthorizedKeysCommand /bin/cat ${path}`, 'AuthorizedKeysCommandUser root'];
}

function configuration(options: SshdOptions, port: number): string {
  const { dir, accounts, passwords = false, keyboardInteractive = false, extraConfig = [] } = options;
  const yesNo = (value: boolean) => (value ? 'yes' : 'no');
  return `${[
    ...extraConfig,
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${quoted(join(dir, 'host_key'))}`,
    'PidFile none',
    `AllowUsers ${accounts.map(({ name }) => name).join(' ')}`,
    ...authorizedKeysLines(dir),
    'StrictModes no', // The clone may be in a folder that others may write to; what matters is that `dir` is ours.
    'PubkeyAuthentication yes',
    `PasswordAuthentication ${yesNo(passwords)}`,
    `KbdInteractiveAuthentication ${yesNo(keyboardInteractive)}`,
    `UsePAM ${yesNo(keyboardInteractive)}`,
    'PermitRootLogin prohibit-password',
    'AllowTcpForwarding no',
    'AllowStreamLocalForwarding no',
    'AllowAgentForwarding no',
    'X11Forwarding no',
    'PermitTunnel no',
    'PermitUserEnvironment no',
    'PrintMotd no',
    'UseDNS no',
    'MaxStartups 100', // Many sessions open at once in the demo and the tests; there is no stranger on loopback.
    'MaxSessions 100',
    'LogLevel INFO',
  ].join('\n')}\n`;
}

function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}

type Listening = { server: Guarded; port: number };

/** sshd takes no port 0: a free port is looked up, and another one when somebody else was quicker. */
async function listen(program: string, options: SshdOptions): Promise<Listening> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port || (await freePort());
    const config = join(options.dir, 'sshd_config');
    await writeFile(config, configuration(options, port), { mode: 0o600 });
    const env = environmentForOthers() as Record<string, string>;
    const server = guardedSpawn(program, ['-D', '-e', '-f', config], { env });
    try {
      await ready(server, options.log);
      return { server, port };
    } catch (error) {
      if (options.port || attempt === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function ready(server: Guarded, log: Log): Promise<void> {
  const words: string[] = [];
  server.process.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    createInterface(server.process.stderr).on('line', (line) => {
      if (words.push(line) > 20) words.shift();
      log.debug(`sshd: ${line}`);
      if (line.startsWith('Server listening on ')) resolve();
    });
    server.exited.then((status) => reject(new Error(`sshd ended (status ${status}):\n${words.join('\n')}`)), reject);
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The processes of running connections; they would go on without their listener. Linux only; elsewhere none. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

function endConnection(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}
