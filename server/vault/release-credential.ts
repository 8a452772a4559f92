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
 * with `no_credential` when the computer no longer uses it at this address, with `credential_suspended` while it waits
 * there for its secret to be entered again or for a confirmation, and with `unavailable` when it cannot be opened.
 */
export async function releaseCredential(
  ctx: Context,
  handle: PersonKeyHandle,
  release: Release,
): Promise<Outcome<TerminalCredential>> {
  const opened = release.isPersonal ? await openOwn(ctx, handle, release) : await openShared(ctx, handle, release);
  if (!opened.ok) return opened;
  const { sessionId, credentialId, computer } = release;
  const { secretOf, credential } = opened.value;
  const subject = { credentialId, computerId: computer.id, ...referenceIn(credentialId, secretOf) };
  await ctx.audit.append({ kind: 'credential.released', actorId: handle.personId, sessionId, subject });
  return ok(credential);
}

/** What the audit log says of the record whose secret was taken out, where that is another one. */
export function referenceIn(credentialId: CredentialId, secretOf: CredentialId): { referenceId?: CredentialId } {
  return secretOf === credentialId ? {} : { referenceId: secretOf };
}

type OpenedForSession = { credential: TerminalCredential; secretOf: CredentialId };

async function openShared(
  ctx: Context,
  { personId }: PersonKeyHandle,
  { sessionId, computer: { id: computerId, server, port }, credentialId }: Release,
): Promise<Outcome<OpenedForSession>> {
  const { db } = ctx.connection;
  const credential = await findCredentialFor(db, { computerId, credentialId, server, port });
  const sealed = credential && (await findSecret(db, credential.secretId));
  if (!credential || !sealed) return refuse('no_credential');
  if (credential.suspended) return refuse('credential_suspended');
  const opened = openCredential(ctx.keyring, credential.secretOf, sealed);
  if (!opened.ok) return cannotBeOpened(ctx, { sessionId, personId, code: `credential_${opened.why}` });
  const { username, secretOf } = credential;
  return ok({ credential: forTerminal(username, opened.secret), secretOf });
}

async function openOwn(
  ctx: Context,
  handle: PersonKeyHandle,
  { credentialId }: Release,
): Promise<Outcome<OpenedForSession>> {
  const opened = await openPersonalCredential(ctx, handle, credentialId);
  if (!opened.ok) return opened.code === 'not_found' ? refuse('no_credential') : opened;
  const { username, secret, secretOf } = opened.value;
  return ok({ credential: forTerminal(username, secret), secretOf });
}

function cannotBeOpened(ctx: Context, about: { sessionId: string; personId: string; code: string }): Refusal {
  ctx.log.error('A stored credential could not be opened. Enter it again, or restore its keyring.', about);
  return refuse('unavailable');
}

/** What a terminal signs in with. */
export function forTerminal(username: string, secret: CredentialSecret): TerminalCredential {
  return { ...secret, username };
}
