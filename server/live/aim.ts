import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type { ConnectionObject, Target } from '../launch/connection-object.ts';

/** The authorised connection, at one of the servers that its identity API named. Host keys are looked up for that one. */
export function aimAt(authorized: AuthorizedConnection, { server, port }: Target): AuthorizedConnection {
  return { ...authorized, server, port };
}

/** Under a policy that is at least as strict: what the identity API says can only take away. */
export function tighten(authorized: AuthorizedConnection, { flags }: ConnectionObject): AuthorizedConnection {
  const { grant } = authorized;
  if (!flags.record || grant.policy.recording === 'required') return authorized;
  return { ...authorized, grant: { ...grant, policy: { ...grant.policy, recording: 'required' } } };
}
