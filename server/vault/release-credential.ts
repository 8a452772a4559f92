import { findCredentialFor } from '../../db/queries/credentials.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import { type CredentialSecret, openCredential } from './credential-secret.ts';

/**
 * Opens the shared credential of a connection that was just authorised. Evidence comes first: nothing is handed out
 * before the release is in the audit log. Refuses with `no_credential` when the computer no longer uses it at this
 * address, and with `unavailable` when it cannot be opened.
 */
export async function releaseCredential(
  ctx: Context,
  authorized: AuthorizedConnection,
): Promise<Outcome<TerminalCredential>> {
  const { sessionId, actor, computer, credentialId, server, port } = authorized;
  const { db } = ctx.connection;
  const credential = await findCredentialFor(db, { computerId: computer.id, credentialId, server, port });
  const sealed = credential && (await findSecret(db, credential.secretId));
  if (!credential || !sealed) return refuse('no_credential');

  const opened = openCredential(ctx.keyring, credentialId, sealed);
  if (!opened.ok) {
    const code = `credential_${opened.why}`;
    ctx.log.error('A stored credential could not be opened. Enter it again, or restore its keyring.', {
      sessionId,
      personId: actor.person.id,
      code,
    });
    return refuse('unavailable');
  }
  await ctx.audit.append({
    kind: 'credential.released',
    actorId: actor.person.id,
    sessionId,
    subject: { credentialId, computerId: computer.id },
  });
  return ok(forTerminal(credential.username, opened.secret));
}

function forTerminal(username: string, secret: CredentialSecret): TerminalCredential {
  return { ...secret, username };
}
