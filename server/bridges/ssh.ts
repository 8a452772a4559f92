import type { Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import { offeredAlgorithms } from './algorithms.ts';
import { type DialOptions, dial } from './dial.ts';
import { isSameKey, readHostKey } from './host-key.ts';
import { endOfSshError, plain, type SshPhase } from './ssh-errors.ts';
import { prepareSignIn, type SignIn } from './ssh-sign-in.ts';
import { guardWindow } from './ssh-window.ts';
import type {
  BridgeEnd,
  HostKey,
  HostKeyVerdict,
  TerminalBridge,
  TerminalBridgeEvents,
  TerminalCredential,
  TerminalSize,
} from './terminal-bridge.ts';

export type SshOptions = {
  credential: TerminalCredential;
  size: TerminalSize;
  rules: DialOptions['rules'];
  /** Asked before anything secret is sent; may take as long as a person needs. */
  verifyHostKey(key: HostKey): Promise<HostKeyVerdict>;
  /** Asked for first, so that a computer with several keys shows the pinned one. */
  pinnedKeyType?: string | undefined;
  signal: AbortSignal;
};

const handshakeMs = 20_000;
const shellMs = 10_000;
const keepaliveMs = 15_000;
const farewellMs = 800;
/** Input that the host has not read yet. Beyond this the session ends, so that no paste and no host can fill our memory. */
const maxQueuedInputBytes = 8 * 1024 * 1024;

/**
 * Opens a shell with a terminal at the computer that `authorized` names. Returns at once; `events` tell the rest, with
 * `onEnd` exactly once and last. The credential is dropped as soon as the computer has taken it.
 */
export function openSsh(
  authorized: AuthorizedConnection,
  options: SshOptions,
  events: TerminalBridgeEvents,
): TerminalBridge {
  const { credential, ...rest } = options;
  const bridge = new SshBridge({ server: authorized.server, port: authorized.port }, rest, events);
  bridge.open(credential);
  return bridge;
}

class SshBridge implements TerminalBridge {
  readonly #target: { server: string; port: number };
  readonly #options: Omit<SshOptions, 'credential'>;
  readonly #events: TerminalBridgeEvents;
  #size: TerminalSize;
  #phase: SshPhase = 'greeting';
  #signIn: SignIn | undefined;
  #client: Client | undefined;
  #socket: Socket | undefined;
  #channel: ClientChannel | undefined;
  #hostKey: HostKey | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #exit: Omit<BridgeEnd, 'reason'> | undefined;
  #paused = false;
  /** The host will send no more, so that what is left may pass whoever asked to wait. */
  #drained = false;
  #ended = false;
  /** Resolves when nothing is left of what was dialled. */
  #gone: Promise<void> = Promise.resolve();

  constructor(
    target: { server: string; port: number },
    options: Omit<SshOptions, 'credential'>,
    events: TerminalBridgeEvents,
  ) {
    this.#target = target;
    this.#options = options;
    this.#events = events;
    this.#size = options.size;
    if (options.signal.aborted) queueMicrotask(this.#onAbort);
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  open(credential: TerminalCredential): void {
    // Not even the error is kept: it may hold what was to be parsed.
    const dialled = this.#dialAndSignIn(credential).catch(() => this.#finish({ reason: 'failed' }));
    this.#gone = dialled.then(() => this.#closed());
  }

  #closed(): Promise<void> {
    const socket = this.#socket;
    if (!socket || socket.closed) return Promise.resolve();
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  async #dialAndSignIn(credential: TerminalCredential): Promise<void> {
    const prepared = prepareSignIn(credential, (end) => this.#finish(end));
    if (!prepared.ok) return queueMicrotask(() => this.#finish(prepared.end));
    this.#signIn = prepared.signIn;
    this.#events.onStep('connecting');
    const { rules, signal } = this.#options;
    const dialled = await dial(this.#target, { rules, signal });
    if (!dialled.ok) return this.#finish(dialled.end);
    if (this.#ended) return void dialled.socket.destroy();
    this.#socket = dialled.socket;
    try {
      this.#handshake(dialled.socket, prepared.signIn);
    } catch (error) {
      this.#onError(error as Error);
    }
  }

  #handshake(socket: Socket, signIn: SignIn): void {
    const client = new ssh2.Client();
    this.#client = client;
    this.#allow(handshakeMs);
    client.on('error', (error) => this.#onError(error));
    client.on('close', () => this.#onConnectionClosed());
    client.on('handshake', () => this.#onHandshake());
    client.on('ready', () => this.#openShell(client));
    client.on('change password', () =>
      this.#finish({ reason: 'sign_in_refused', detail: 'The computer wants the password to be changed.' }),
    );
    client.connect({
      sock: socket,
      username: signIn.username,
      authHandler: (offered, partial, use) => {
        const step = signIn.next(offered, partial);
        if ('use' in step) use(step.use);
        else this.#finish(step.refused);
      },
      hostVerifier: (blob: Buffer, answer: (trusted: boolean) => void) => void this.#verify(blob, answer),
      algorithms: offeredAlgorithms(this.#options.pinnedKeyType),
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: 3,
      readyTimeout: 0, // our own deadline stands still while a person looks at a host key
    });
    // A host that makes us answer and does not read the answers.
    socket.on('data', () => {
      if (socket.writableLength > maxQueuedInputBytes) this.#onStuckInput();
    });
  }

  async #verify(blob: Buffer, answer: (trusted: boolean) => void): Promise<void> {
    const key = readHostKey(blob);
    if (!key) return this.#finish({ reason: 'failed', detail: 'The computer showed a host key that is none.' });
    // ssh2 asks again whenever keys are renewed; the answer is in the first one.
    if (this.#hostKey) {
      if (isSameKey(this.#hostKey.publicKey, key.publicKey)) return answer(true);
      const detail = `Pinned ${this.#hostKey.fingerprint}, shown later ${key.fingerprint}.`;
      return this.#finish({ reason: 'host_key_changed', detail });
    }
    clearTimeout(this.#deadline);
    const verdict = await this.#options
      .verifyHostKey(key)
      .catch(
        (): HostKeyVerdict => ({ trusted: false, reason: 'failed', detail: 'The host key could not be looked up.' }),
      );
    if (this.#ended) return;
    if (!verdict.trusted) {
      const { reason, detail } = verdict;
      return this.#finish(detail === undefined ? { reason } : { reason, detail });
    }
    this.#allow(handshakeMs);
    this.#hostKey = key;
    answer(true);
  }

  #onHandshake(): void {
    if (this.#ended || this.#phase !== 'greeting' || !this.#hostKey) return;
    this.#phase = 'signing-in';
    this.#events.onStep('signing-in');
  }

  #openShell(client: Client): void {
    if (this.#ended) return;
    this.#signIn?.forget();
    this.#signIn = undefined;
    this.#phase = 'opening-shell';
    this.#allow(shellMs);
    const { columns: cols, rows } = this.#size;
    client.shell({ term: 'xterm-256color', cols, rows, width: 0, height: 0 }, (error, channel) => {
      if (this.#ended) return;
      if (error) {
        this.#finish({ reason: 'failed', detail: `The computer opened no shell: ${plain(error.message)}.` });
        return;
      }
      this.#onShell(channel);
    });
  }

  #onShell(channel: ClientChannel): void {
    clearTimeout(this.#deadline);
    this.#phase = 'open';
    this.#channel = channel;
    guardWindow(channel, {
      onOverrun: () =>
        this.#finish({ reason: 'disconnected', detail: 'The computer sent more than it was allowed to.' }),
      onLastData: () => this.#drain(),
    });
    const output = (bytes: Buffer) => {
      if (!this.#ended) this.#events.onOutput(bytes);
    };
    channel.on('error', (error: Error) => this.#onError(error));
    channel.on('exit', (status: number | null, signal?: string) => {
      this.#exit =
        status === null ? { detail: `The shell was ended by ${plain(signal ?? 'a signal')}.` } : { exitStatus: status };
    });
    channel.on('close', () => this.#finish({ reason: 'exited', ...this.#exit }));
    this.#events.onOpen();
    if (this.#ended) return;
    channel.on('data', output);
    channel.stderr.on('data', output);
    if (this.#paused) this.#setFlow();
  }

  write(bytes: Uint8Array): void {
    const channel = this.#channel;
    if (this.#ended || !channel?.writable) return;
    channel.write(bytes);
    if (channel.writableLength + (this.#socket?.writableLength ?? 0) > maxQueuedInputBytes) this.#onStuckInput();
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    if (!this.#ended) this.#channel?.setWindow(size.rows, size.columns, 0, 0);
  }

  pause(): void {
    this.#paused = true;
    this.#setFlow();
  }

  resume(): void {
    this.#paused = false;
    this.#setFlow();
  }

  close(): Promise<void> {
    this.#finish({ reason: 'closed' });
    return this.#gone;
  }

  #setFlow(): void {
    const channel = this.#channel;
    if (!channel || this.#ended) return;
    if (this.#paused && !this.#drained) {
      channel.pause();
      channel.stderr.pause();
    } else {
      channel.resume();
      channel.stderr.resume();
    }
  }

  #drain(): void {
    this.#drained = true;
    this.#setFlow();
  }

  // One clock for greeting, handshake and sign-in; it stands while a person decides about a host key.
  #allow(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      const error: Error & { level?: string } = new Error('Timed out');
      error.level = 'client-timeout';
      this.#onError(error);
    }, ms);
  }

  readonly #onAbort = (): void => this.#finish({ reason: 'stopped' });

  #onStuckInput(): void {
    this.#finish({ reason: 'disconnected', detail: 'The computer does not read what is sent to it.' });
  }

  #onError(error: Error): void {
    this.#finish(endOfSshError(error, this.#phase, this.#target));
  }

  #onConnectionClosed(): void {
    const lost: BridgeEnd = this.#exit
      ? { reason: 'exited', ...this.#exit }
      : { reason: 'disconnected', detail: 'The computer closed the connection.' };
    if (!this.#channel) {
      this.#finish(lost);
      return;
    }
    // What arrived before is still handed over: ssh2 closes the channel only when that was read.
    this.#channel.removeAllListeners('close');
    this.#channel.once('close', () => this.#finish(lost));
    this.#drain();
    this.#deadline = setTimeout(() => this.#finish(lost), farewellMs);
  }

  #finish(end: BridgeEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#signIn?.forget();
    this.#signIn = undefined;
    this.#client?.on('error', () => undefined);
    if (this.#socket) this.#hangUp(this.#socket);
    this.#events.onEnd(end);
  }

  /** Says farewell and gives the computer time to close its side; one that does not is cut off, at both ends. */
  #hangUp(socket: Socket): void {
    const timer = setTimeout(() => socket.resetAndDestroy(), farewellMs);
    socket.once('close', () => clearTimeout(timer));
    // A connection that sent its FIN cannot be reset any more, so that a computer which ignores it would keep its end.
    const { end } = socket;
    socket.end = () => socket;
    try {
      this.#client?.end();
    } catch {
      // It had not come as far as a farewell.
    }
    socket.end = end;
    socket.removeAllListeners('data'); // what it still sends is for nobody
    socket.resume();
  }
}
