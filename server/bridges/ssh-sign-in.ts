import ssh2, { type AnyAuthMethod, type AuthenticationType, type ParsedKey, type Prompt } from 'ssh2';
import type { BridgeEnd, TerminalCredential } from './terminal-bridge.ts';

type Step = { use: AnyAuthMethod } | { refused: BridgeEnd };

/** Signs in at one computer, once, and then forgets the secret. */
export type SignIn = {
  readonly username: string;
  /** What to do next, given what the computer offers (`null` before it was asked). */
  next(offered: AuthenticationType[] | null, partial: boolean | null): Step;
  forget(): void;
};

/**
 * Prepares a sign-in. A secret is sent by one method, one time: a computer that refuses it is not asked again (accounts
 * lock), and one that asks for anything else gets no answer; `refused` tells when that happens between two steps.
 */
export function prepareSignIn(
  credential: TerminalCredential,
  refused: (end: BridgeEnd) => void,
): { ok: true; signIn: SignIn } | { ok: false; end: BridgeEnd } {
  if (credential.type === 'password') {
    return { ok: true, signIn: new PasswordSignIn(credential.username, credential.password, refused) };
  }
  const parsed = ssh2.utils.parseKey(credential.privateKey, credential.passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key && !(key instanceof Error) && key.isPrivateKey()) {
    return { ok: true, signIn: new KeySignIn(credential.username, key, refused) };
  }
  const isLocked =
    key instanceof Error && /passphrase|decrypt|integrity|malformed OpenSSH private key/i.test(key.message);
  const detail =
    isLocked || credential.passphrase !== undefined
      ? 'The passphrase does not open the private key.'
      : 'The private key is not in a format that the gateway reads.';
  return { ok: false, end: { reason: 'credential_unavailable', detail } };
}

/** What both kinds share: ask for the methods, send once, stop at the first refusal. */
abstract class SingleSignIn implements SignIn {
  protected sent = false;

  constructor(
    readonly username: string,
    protected readonly refused: (end: BridgeEnd) => void,
  ) {}

  next(offered: AuthenticationType[] | null, partial: boolean | null): Step {
    // `none` first: its refusal tells which methods there are, before anything secret is sent.
    if (!offered) return { use: { type: 'none', username: this.username } };
    if (partial) return refusal('The computer asks for a second factor, which a stored credential cannot give.');
    if (this.sent) return refusal(`The computer refused the ${this.secretName} of ${this.username}.`);
    const use = this.methodFor(offered);
    if (use) return { use };
    return refusal(`The computer does not accept a ${this.secretName}, only ${offered.join(', ') || 'nothing'}.`);
  }

  protected abstract readonly secretName: string;
  protected abstract methodFor(offered: AuthenticationType[]): AnyAuthMethod | undefined;
  abstract forget(): void;
}

function refusal(detail: string): { refused: BridgeEnd } {
  return { refused: { reason: 'sign_in_refused', detail } };
}

class PasswordSignIn extends SingleSignIn {
  protected readonly secretName = 'password';
  // As bytes, because those can be wiped.
  readonly #secret: Buffer;

  constructor(username: string, password: string, refused: (end: BridgeEnd) => void) {
    super(username, refused);
    this.#secret = Buffer.from(password, 'utf8');
  }

  protected methodFor(offered: AuthenticationType[]): AnyAuthMethod | undefined {
    const { username } = this;
    if (offered.includes('password')) {
      this.sent = true;
      // ssh2 takes a Buffer here as well, its types do not say so.
      return { type: 'password', username, password: this.#secret as unknown as string };
    }
    if (!offered.includes('keyboard-interactive')) return undefined;
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => this.#answer(prompts, finish),
    };
  }

  #answer(prompts: Prompt[], finish: (answers: string[]) => void): void {
    const [prompt] = prompts;
    if (this.sent || prompts.length !== 1 || prompt?.echo) {
      this.refused(refusal('The computer asks for something else than the password.').refused);
      return;
    }
    this.sent = true;
    finish([this.#secret.toString('utf8')]);
  }

  forget(): void {
    this.#secret.fill(0);
  }
}

class KeySignIn extends SingleSignIn {
  protected readonly secretName = 'key';
  readonly #agent: OneKeyAgent;

  constructor(username: string, key: ParsedKey, refused: (end: BridgeEnd) => void) {
    super(username, refused);
    this.#agent = new OneKeyAgent(key, refused);
  }

  protected methodFor(offered: AuthenticationType[]): AnyAuthMethod | undefined {
    if (!offered.includes('publickey')) return undefined;
    this.sent = true;
    return { type: 'agent', username: this.username, agent: this.#agent };
  }

  forget(): void {
    this.#agent.forget();
  }
}

// ssh2 keeps the key of its own `publickey` method for as long as the connection lives; an agent can let go of it.
class OneKeyAgent extends ssh2.BaseAgent {
  readonly #refused: (end: BridgeEnd) => void;
  #key: ParsedKey | undefined;

  constructor(key: ParsedKey, refused: (end: BridgeEnd) => void) {
    super();
    this.#key = key;
    this.#refused = refused;
  }

  override getIdentities(answer: (error?: Error, keys?: Buffer[]) => void): void {
    answer(undefined, this.#key ? [this.#key.getPublicSSH()] : []);
  }

  override sign(_key: unknown, data: Buffer, options: unknown, answer?: unknown): void {
    const { hash } = options as { hash?: string };
    if (!this.#key || typeof answer !== 'function') return;
    if (this.#key.type === 'ssh-rsa' && hash !== 'sha256' && hash !== 'sha512') {
      this.#refused({ reason: 'no_common_algorithm', detail: 'The computer takes RSA keys only with SHA-1.' });
      return;
    }
    answer(undefined, this.#key.sign(data, hash));
  }

  forget(): void {
    this.#key = undefined;
  }
}
