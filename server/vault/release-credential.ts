import { findCredentialFor } from '../../db/queries/credential-targets.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { ComputerId, CredentialId, SessionId } from '../ids.ts';
import { type CredentialSecret, openCredential } from './credential-secret.ts';
import type { PersonKeyHandle } from './person-key-handle.ts';
import { openPersonalCredential } from './personal-credential.ts';

/** A release that was decided: to whom it goes is whose key the handle is. */
export type Release = {
  sessionId: SessionId;
  computer: { id: ComputerId; server: string; port: number };
  credentialId: CredentialId;
  isPersonal: boolean;
};

/**
 * Opens the credential of a session for the person who proved just now that they are there: a shared one by the keyring,
 * their own by their key. Evidence comes first: nothing is handed out before the release is in the audit log. Refuses
 * with `no_credential` when the computer no longer uses it at this address, and with `unavailable` when it cannot be
 * opened.
 */
export async function releaseCredential(
  ctx: Context,
  handle: PersonKeyHandle,
  release: Release,
): Promise<Outcome<TerminalCredential>> {
  const opened = release.isPersonal ? await openOwn(ctx, handle, release) : await openShared(ctx, handle, release);
  if (!opened.ok) return opened;
  const { sessionId, credentialId, computer } = release;
  await ctx.audit.append({
    kind: 'credential.released',
    actorId: handle.personId,
    sessionId,
    subject: { credentialId, computerId: computer.id },
  });
  return opened;
}

async function openShared(
  ctx: Context,
  { personId }: PersonKeyHandle,
  { sessionId, computer: { id: computerId, server, port }, credentialId }: Release,
): Promise<Outcome<TerminalCredential>> {
  const { db } = ctx.connection;
  const credential = await findCredentialFor(db, { computerId, credentialId, server, port });
  const sealed = credential && (await findSecret(db, credential.secretId));
  if (!credential || !sealed) return refuse('no_credential');
  const opened = openCredential(ctx.keyring, credentialId, sealed);
  if (!opened.ok) return cannotBeOpened(ctx, { sessionId, personId, code: `credential_${opened.why}` });
  return ok(forTerminal(credential.username, opened.secret));
}

async function openOwn(
  ctx: Context,
  handle: PersonKeyHandle,
  { credentialId }: Release,
): Promise<Outcome<TerminalCredential>> {
  const opened = await openPersonalCredential(ctx, handle, credentialId);
  if (!opened.ok) return opened.code === 'not_found' ? refuse('no_credential') : opened;
  return ok(forTerminal(opened.value.username, opened.value.secret));
}

function cannotBeOpened(ctx: Context, about: { sessionId: string; personId: string; code: string }): Refusal {
  ctx.log.error('A stored credential could not be opened. Enter it again, or restore its keyring.', about);
  return refuse('unavailable');
}

function forTerminal(username: string, secret: CredentialSecret): TerminalCredential {
  return { ...secret, username };
}
