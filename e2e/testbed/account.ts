import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureLoginAccount, removeLoginAccount } from '../../server/demo/login-account.ts';
import { ensureKeyPair, type PrivateSshd, type SshdOptions, startPrivateSshd } from '../../server/demo/private-sshd.ts';
import { createLog } from '../../server/log.ts';

export const isRoot = process.getuid?.() === 0;
/** Why a test is skipped that needs an account with a password. */
export const needsRoot = "Only root's sshd can check the password of an account.";

/** An account of this machine that tests sign in to. Root gets one of its own; everybody else is reached by key. */
export class Account {
  readonly name: string;
  readonly password = randomBytes(12).toString('base64url');
  readonly dir: string;
  readonly #hosts: PrivateSshd[] = [];
  #privateKey = '';
  #publicKey = '';

  private constructor() {
    this.name = isRoot ? `sp-e2e-${randomBytes(3).toString('hex')}` : userInfo().username;
    this.dir = mkdtempSync(join(tmpdir(), 'sp-e2e-hosts-'));
  }

  static async prepare(): Promise<Account> {
    const account = new Account();
    const path = join(account.dir, 'key');
    await ensureKeyPair(path, 'sallyport-e2e');
    account.#privateKey = await readFile(path, 'utf8');
    account.#publicKey = await readFile(`${path}.pub`, 'utf8');
    if (isRoot) await ensureLoginAccount(account.name, account.password);
    return account;
  }

  get privateKey(): string {
    return this.#privateKey;
  }

  /** The same key, encrypted with this passphrase. */
  encryptedKey(passphrase: string): string {
    const path = join(this.dir, 'encrypted-key');
    copyFileSync(join(this.dir, 'key'), path);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', path], { stdio: 'pipe' });
    return readFileSync(path, 'utf8');
  }

  /** A key that opens nothing. */
  async strangeKey(): Promise<string> {
    const path = join(this.dir, 'strange-key');
    await ensureKeyPair(path, 'stranger');
    return readFile(path, 'utf8');
  }

  get home(): string {
    return isRoot ? `/home/${this.name}` : userInfo().homedir;
  }

  /** A real sshd that lets this account in. */
  async host(name: string, options: Partial<SshdOptions> = {}): Promise<PrivateSshd> {
    const host = await startPrivateSshd({
      dir: join(this.dir, name),
      accounts: [{ name: this.name, authorizedKeys: [this.#publicKey] }],
      passwords: isRoot,
      log: createLog('e2e', 'silent'),
      ...options,
    });
    this.#hosts.push(host);
    return host;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()));
    if (isRoot) await removeLoginAccount(this.name);
    await rm(this.dir, { recursive: true, force: true });
  }
}
