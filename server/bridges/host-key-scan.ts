import ssh2 from 'ssh2';
import { offeredAlgorithms } from './algorithms.ts';
import { type DialOptions, type DialTarget, dial } from './dial.ts';
import { readHostKey } from './host-key.ts';
import { endOfSshError } from './ssh-errors.ts';
import type { BridgeEnd, HostKey } from './terminal-bridge.ts';

export type ScannedHostKey = { ok: true; key: HostKey } | { ok: false; end: BridgeEnd };

const scanMs = 10_000;

/**
 * Takes the host key that a computer shows, and hangs up: nothing secret is near. The key is what was shown, not what
 * was proven, so that somebody compares its fingerprint with what the computer itself says. Never rejects.
 */
export async function scanHostKey(target: DialTarget, options: DialOptions): Promise<ScannedHostKey> {
  const dialled = await dial(target, options);
  if (!dialled.ok) return dialled;
  const { socket } = dialled;
  const client = new ssh2.Client();
  const hangUp = () => socket.destroy();
  options.signal.addEventListener('abort', hangUp);
  try {
    return await new Promise<ScannedHostKey>((resolve) => {
      const giveUp = (end: BridgeEnd) => resolve({ ok: false, end });
      const hungUp = () =>
        giveUp({ reason: 'unreachable', detail: 'The computer hung up before it showed a host key.' });
      client.on('error', (error) => giveUp(endOfSshError(error, 'greeting', target)));
      client.on('close', hungUp);
      client.connect({
        sock: socket,
        username: 'host-key-scan',
        authHandler: () => undefined,
        hostVerifier: (blob: Buffer) => {
          const key = readHostKey(blob);
          if (key) resolve({ ok: true, key });
          else hungUp();
          return false;
        },
        algorithms: offeredAlgorithms(),
        readyTimeout: scanMs,
      });
    });
  } finally {
    options.signal.removeEventListener('abort', hangUp);
    hangUp();
  }
}
