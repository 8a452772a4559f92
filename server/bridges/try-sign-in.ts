import type { Socket } from 'node:net';
import ssh2, { type AuthHandlerMiddleware, type Client } from 'ssh2';
import type { EndReason } from '../protocol/session-words.ts';
import type { SignInProblem } from '../protocol/sign-in-words.ts';
import { offeredAlgorithms } from './algorithms.ts';
import { type DialOptions, type DialTarget, dial } from './dial.ts';
import { isSameKey, readHostKey } from './host-key.ts';
import { endOfSshError, type SshPhase } from './ssh-errors.ts';
import { prepareSignIn, type SignIn } from './ssh-sign-in.ts';
import type { BridgeEnd, HostKey, TerminalCredential } from './terminal-bridge.ts';

/** `detail` is what the computer or the network said, in a sentence; nothing in it is secret. */
export type SignInTrial = { ok: true } | { ok: false; problem: SignInProblem; detail: string | undefined };

export type SignInAttempt = DialOptions & {
  credential: TerminalCredential;
  /** Whoever shows another key is told nothing. */
  pinned: HostKey;
};

const signInMs = 20_000;
const farewellMs = 1_000;

/**
 * Signs in at a computer once, as a session would, and hangs up without opening anything there. The secret is sent once
 * at most, and only to whoever has proven to own the pinned host key. Never rejects.
 */
export async function trySignIn(target: DialTarget, { credential, ...attempt }: SignInAttempt): Promise<SignInTrial> {
  let asksOtherwise: (end: BridgeEnd) => void = () => undefined;
  const prepared = prepareSignIn(credential, (end) => asksOtherwise(end));
  if (!prepared.ok) return failed(prepared.end);
  const { signIn } = prepared;
  try {
    const dialled = await dial(target, attempt);
    if (!dialled.ok) return failed(dialled.end);
    const trial = new Trial(target, dialled.socket, attempt.pinned);
    asksOtherwise = (end) =>
      trial.settle(end.reason === 'sign_in_refused' ? { ...end, problem: 'other_question' } : end);
    return await trial.run(signIn, attempt.signal);
  } finally {
    signIn.forget();
  }
}

type TrialEnd = BridgeEnd & { problem?: SignInProblem };

/** One connection that is asked whether it lets somebody in. */
class Trial {
  readonly #target: DialTarget;
  readonly #socket: Socket;
  readonly #pinned: HostKey;
  readonly #result: Promise<SignInTrial>;
  #tell: (result: SignInTrial) => void = () => undefined;
  #phase: SshPhase = 'greeting';
  #isSecretSent = false;

  constructor(target: DialTarget, socket: Socket, pinned: HostKey) {
    this.#target = target;
    this.#socket = socket;
    this.#pinned = pinned;
    this.#result = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  async run(signIn: SignIn, signal: AbortSignal): Promise<SignInTrial> {
    const client = new ssh2.Client();
    const giveUp = () => this.settle({ reason: 'unreachable', detail: 'The attempt was given up.' });
    if (signal.aborted) giveUp();
    const deadline = setTimeout(() => this.#onTimeout(), signInMs);
    signal.addEventListener('abort', giveUp, { once: true });
    client.on('error', (error) => this.settle(endOfSshError(error, this.#phase, this.#target)));
    client.on('close', () => this.settle({ reason: 'disconnected', detail: 'The computer closed the connection.' }));
    client.on('handshake', () => {
      this.#phase = 'signing-in';
    });
    client.on('change password', () => this.settle({ reason: 'sign_in_refused', problem: 'password_change' }));
    client.on('ready', () => this.#tell({ ok: true }));
    try {
      client.connect({
        sock: this.#socket,
        username: signIn.username,
        authHandler: this.#authHandler(signIn),
        hostVerifier: (blob: Buffer) => this.#isPinned(blob),
        algorithms: offeredAlgorithms(this.#pinned.keyType),
        readyTimeout: 0, // our own deadline
      });
      return await this.#result;
    } catch (error) {
      return failed(endOfSshError(error as Error, this.#phase, this.#target));
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', giveUp);
      this.#hangUp(client);
    }
  }

  #hangUp(client: Client): void {
    try {
      client.end();
    } catch {
      // It had not come as far as a farewell.
    }
    // Time for the farewell to leave, none for a host that does not take it.
    const timer = setTimeout(() => this.#socket.destroy(), farewellMs).unref();
    this.#socket.once('close', () => clearTimeout(timer));
    this.#socket.destroySoon();
    this.#socket.resume();
  }

  settle(end: TrialEnd): void {
    this.#tell(failed(end));
  }

  #authHandler(signIn: SignIn): AuthHandlerMiddleware {
    return (offered, partial, use) => {
      const step = signIn.next(offered, partial);
      if ('refused' in step) {
        this.settle({ ...step.refused, problem: this.#whyRefused(partial) });
        return;
      }
      this.#isSecretSent = typeof step.use === 'object' && step.use.type !== 'none';
      use(step.use);
    };
  }

  #whyRefused(partial: boolean | null): SignInProblem {
    if (partial) return 'second_factor';
    return this.#isSecretSent ? 'refused' : 'method';
  }

  #isPinned(blob: Buffer): boolean {
    const shown = readHostKey(blob);
    if (shown && isSameKey(shown.publicKey, this.#pinned.publicKey)) return true;
    const key = shown ? `${shown.keyType} ${shown.fingerprint}` : 'no host key';
    this.settle({
      reason: 'host_key_changed',
      detail: `Pinned: ${this.#pinned.keyType} ${this.#pinned.fingerprint}. Shown: ${key}.`,
    });
    return false;
  }

  #onTimeout(): void {
    const error: Error & { level?: string } = new Error('Timed out');
    error.level = 'client-timeout';
    this.settle(endOfSshError(error, this.#phase, this.#target));
  }
}

const problems: Partial<Record<EndReason, SignInProblem>> = {
  unreachable: 'unreachable',
  refused_target: 'refused_target',
  host_key_changed: 'host_key',
  host_key_refused: 'host_key',
  no_common_algorithm: 'no_common_algorithm',
  credential_unavailable: 'key_unreadable',
  sign_in_refused: 'refused',
};

function failed({ reason, detail, problem }: TrialEnd): SignInTrial {
  return { ok: false, problem: problem ?? problems[reason] ?? 'failed', detail };
}
