import type { AuthorizedConnection } from '../../launch/authorized-connection.ts';
import { openSsh, type SshOptions } from '../ssh.ts';
import type { BridgeEnd, HostKey, HostKeyVerdict, TerminalBridge, TerminalCredential } from '../terminal-bridge.ts';

/** A proof forged for tests: everything that a bridge reads of it. */
function authorizedFor(port: number, server = '127.0.0.1'): AuthorizedConnection {
  return { server, port } as unknown as AuthorizedConnection;
}

export type SshTrial = {
  bridge: TerminalBridge;
  opened: Promise<void>;
  ended: Promise<BridgeEnd>;
  ends: BridgeEnd[];
  steps: string[];
  shown: HostKey[];
  abort: AbortController;
  /** Everything that came, as bytes. */
  output(): Buffer;
  received(): number;
  /** Resolves as soon as the output since the last call contains `text`. */
  saw(text: string): Promise<void>;
};

/** Opens a bridge as the live room does and keeps what it tells. */
export function trySsh(
  port: number,
  credential: TerminalCredential,
  given: Partial<SshOptions> & { server?: string; verdict?: HostKeyVerdict; onStep?: (step: string) => void } = {},
): SshTrial {
  const chunks: Buffer[] = [];
  const waiting: { text: string; resolve: () => void }[] = [];
  let total = 0;
  let searched = '';
  const abort = new AbortController();
  const ends: BridgeEnd[] = [];
  const steps: string[] = [];
  const shown: HostKey[] = [];
  const { promise: opened, resolve: onOpen } = deferred<void>();
  const { promise: ended, resolve: onEnd } = deferred<BridgeEnd>();

  const look = () => {
    for (let next = waiting[0]; next; next = waiting[0]) {
      const at = searched.indexOf(next.text);
      if (at < 0) return;
      searched = searched.slice(at + next.text.length);
      waiting.shift();
      next.resolve();
    }
  };
  const options: SshOptions = {
    credential,
    size: { columns: 80, rows: 24 },
    rules: { allowTargets: ['127.0.0.1', 'localhost'], ownPorts: [] },
    verifyHostKey: async (key) => {
      shown.push(key);
      return given.verdict ?? { trusted: true };
    },
    signal: abort.signal,
    ...given,
  };
  const bridge = openSsh(authorizedFor(port, given.server), options, {
    onStep: (step) => {
      steps.push(step);
      given.onStep?.(step);
    },
    onOpen,
    onOutput: (bytes) => {
      chunks.push(Buffer.from(bytes));
      total += bytes.length;
      searched = (searched + Buffer.from(bytes).toString('latin1')).slice(-64 * 1024);
      look();
    },
    onEnd: (end) => {
      ends.push(end);
      onEnd(end);
    },
  });
  return {
    bridge,
    opened,
    ended,
    ends,
    steps,
    shown,
    abort,
    output: () => Buffer.concat(chunks),
    received: () => total,
    saw: (text) =>
      new Promise((resolve) => {
        waiting.push({ text, resolve });
        look();
      }),
  };
}

export function keys(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A promise that somebody else settles. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
