import { inWords } from './dial.ts';
import type { BridgeEnd } from './terminal-bridge.ts';

/** How far a connection had come when something happened to it. */
export type SshPhase = 'greeting' | 'signing-in' | 'opening-shell' | 'open';

type Ssh2Error = Error & { level?: string; code?: string | number };

/** What an error of ssh2 means for the session. `where` is `host port 22`; texts of the computer are tamed. */
export function endOfSshError(error: Ssh2Error, phase: SshPhase, target: { server: string; port: number }): BridgeEnd {
  const where = `${target.server} port ${target.port}`;
  if (error.level === 'client-socket') return lost(phase, inWords(error, target.server, target.port));
  if (error.level === 'client-timeout') return lost(phase, `${where} stopped answering.`);
  if (error.level === 'protocol') return lost('greeting', `${where} hung up without saying that it speaks SSH.`);
  if (error.level === 'handshake') return endOfHandshake(error.message, where);
  if (typeof error.code === 'number') return endOfDisconnect(error.code, plain(error.message), phase);
  if (phase === 'greeting') return { reason: 'unreachable', detail: `${where} answers, but not in SSH.` };
  return { reason: 'failed', detail: `${where} broke the rules of SSH: ${plain(error.message)}.` };
}

function lost(phase: SshPhase, detail: string): BridgeEnd {
  return { reason: phase === 'greeting' ? 'unreachable' : 'disconnected', detail };
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/key exchange/, 'key exchange'],
  [/host key format/, 'host key type'],
  [/cipher/, 'cipher'],
  [/MAC/, 'message authentication code'],
  [/compression/, 'compression'],
];

function endOfHandshake(message: string, where: string): BridgeEnd {
  if (/no matching/i.test(message)) {
    const kind = kinds.find(([pattern]) => pattern.test(message))?.[1] ?? 'algorithm';
    return { reason: 'no_common_algorithm', detail: `${where} offers no ${kind} that the gateway accepts.` };
  }
  if (/signature|host key does not match/i.test(message)) {
    return { reason: 'host_key_refused', detail: `${where} could not prove that it owns the host key it shows.` };
  }
  return { reason: 'failed', detail: `The SSH handshake with ${where} failed: ${plain(message)}.` };
}

// RFC 4253, 11.1.
const disconnectTooManyConnections = 12;
const disconnectNoMoreMethods = 14;

function endOfDisconnect(code: number, said: string, phase: SshPhase): BridgeEnd {
  const detail = `The computer said: ${said}`;
  if (phase === 'open') return { reason: 'disconnected', detail };
  if (code === disconnectTooManyConnections) return { reason: 'unreachable', detail };
  if (code === disconnectNoMoreMethods || (phase === 'signing-in' && /auth/i.test(said))) {
    return { reason: 'sign_in_refused', detail };
  }
  return { reason: 'disconnected', detail };
}

/** Text of a computer, fit for a screen and a log line: printable, on one line, 200 characters at most. */
export function plain(text: string): string {
  return text
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
