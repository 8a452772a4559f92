import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { fingerprintOf } from '../host-key.ts';

export type FakeSshServer = {
  port: number;
  fingerprint: string;
  publicKey: Uint8Array;
  /** What clients tried to sign in with, in order; passwords in clear, to prove that none came. */
  attempts: { method: string; secret?: string }[];
  connections: Connection[];
  stop(): Promise<void>;
};

export type FakeSshBehaviour = {
  hostKey?: string;
  /** Default: takes whatever comes. */
  onAuth?(context: AuthContext): void;
  onShell?(channel: ServerChannel, connection: Connection): void;
  onConnection?(connection: Connection): void;
  algorithms?: ssh2.ServerConfig['algorithms'];
};

/** ssh2 now and then writes an Ed25519 key that it cannot read again; then another one is made. */
export function newHostKey(): string {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519').private;
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}

/** An SSH server that does as the test says, for what no honest sshd does. */
export async function startFakeSshServer(behaviour: FakeSshBehaviour = {}): Promise<FakeSshServer> {
  const hostKey = behaviour.hostKey ?? newHostKey();
  const parsed = ssh2.utils.parseKey(hostKey);
  if (parsed instanceof Error) throw parsed;
  const publicKey = parsed.getPublicSSH();
  const attempts: FakeSshServer['attempts'] = [];
  const connections: Connection[] = [];
  const { algorithms } = behaviour;
  const server = new ssh2.Server({ hostKeys: [hostKey], ...(algorithms && { algorithms }) }, (connection) => {
    connections.push(connection);
    connection.on('error', () => undefined);
    behaviour.onConnection?.(connection);
    connection.on('authentication', (context) => {
      attempts.push(
        context.method === 'password' ? { method: 'password', secret: context.password } : { method: context.method },
      );
      if (behaviour.onAuth) behaviour.onAuth(context);
      else context.accept();
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty?.());
      session.on('window-change', (acceptChange) => acceptChange?.());
      session.on('shell', (acceptShell) => behaviour.onShell?.(acceptShell(), connection));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: fingerprintOf(publicKey),
    publicKey,
    attempts,
    connections,
    stop: () =>
      new Promise((resolve) => {
        for (const connection of connections) connection.end();
        server.close(() => resolve());
      }),
  };
}
