import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialAnswer } from '../identity-api/contract.ts';
import { readServerName } from '../inventory/server-name.ts';
import type { Mode } from '../protocol/session-words.ts';

export type Target = { server: string; port: number };

/**
 * Everything that is needed to dial, from an identity API's answer: in the memory of the gateway from there to the host,
 * never in a browser, a row or a log.
 */
export type ConnectionObject = {
  mode: Mode;
  /** In the order to be tried. */
  targets: readonly [Target, ...Target[]];
  credential: TerminalCredential;
  /** Plain text of the identity API, for whoever works in the session. */
  notes: string | null;
  flags: ConnectionFlags;
};

/** What the identity API says of this session. A flag can take away what our policy gives, never add to it. */
export type ConnectionFlags = {
  record: boolean;
  allowLiveSnooping: boolean;
  allowJoinRequests: boolean;
  allowJoinInvites: boolean;
};

const defaultPorts: Record<Mode, number> = { SSH: 22, RDP: 3389, Telnet: 23 };

/** The connection that an answer describes. Refuses one whose first server is no name or address. */
export function connectionFrom(answer: CredentialAnswer, mode: Mode): Outcome<ConnectionObject> {
  const port = answer.ManagementPort || defaultPorts[mode];
  const [first, ...others] = [answer.Server, answer.Server2, answer.Server3].map((name) => readServerName(name ?? ''));
  if (!first?.ok) return refuse('identity_refused', { problem: 'The identity API named no server to connect to.' });
  const rest = others.flatMap((name) => (name.ok ? [{ server: name.server, port }] : []));
  return ok({
    mode,
    targets: [{ server: first.server, port }, ...rest],
    credential: credentialFrom(answer),
    notes: answer.Notes?.trim() || null,
    flags: {
      record: answer.RecordPSMSession === true,
      allowLiveSnooping: answer.AllowLiveSnooping === true,
      allowJoinRequests: answer.AllowJoinRequests === true,
      allowJoinInvites: answer.AllowJoinInvites === true,
    },
  });
}

function credentialFrom({ IsPasswordSSHKey, UserName: username, Password }: CredentialAnswer): TerminalCredential {
  return IsPasswordSSHKey
    ? { type: 'ssh_key', username, privateKey: Password }
    : { type: 'password', username, password: Password };
}
