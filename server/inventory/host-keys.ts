import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { loadSessionAccess } from '../../db/queries/access-facts.ts';
import { lockAddresses, maySecretGoTo } from '../../db/queries/credential-targets.ts';
import {
  deleteHostKey,
  findHostKey,
  type HostKeyRow,
  insertHostKey,
  type PinnedHostKey,
  pageOfHostKeys,
} from '../../db/queries/host-keys.ts';
import type { Actor, Context } from '../context.ts';
import { type Decision, decide } from '../decide/decide.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { HostKeySort } from '../protocol/list-sorts.ts';
import { followPinnedKey } from './follow-pinned-key.ts';
import { PortSchema, ServerSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export type { HostKeyRow };

export async function listHostKeys(
  ctx: Context,
  actor: Actor,
  query: ListQuery<HostKeySort>,
): Promise<Outcome<Page<HostKeyRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfHostKeys(ctx.connection.db, query));
}

export const ForgetHostKeyInputSchema = z.object({ server: ServerSchema, port: PortSchema });

/** Forgets the key of an address, so that the next one shown there can be approved. */
export async function forgetHostKey(
  ctx: Context,
  actor: Actor,
  { server, port }: z.output<typeof ForgetHostKeyInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const forgotten = await deleteHostKey(tx, server, port);
    if (!forgotten) return refuse('not_found');
    const { fingerprint } = forgotten;
    record({ kind: 'host_key.forgotten', actorId: actor.person.id, subject: { server, port, fingerprint } });
    return ok(undefined);
  });
}

/**
 * Pins the key that a computer showed at its first use, approved by the person of this very connection. Pinning the
 * same key again is no change; another key than the pinned one is a conflict, and so is another than the one for which
 * the secret of this connection was entered: that is for an administrator, and then for a second one. Other secrets that
 * were entered for another key of this address wait from then on.
 */
export async function pinHostKey(
  ctx: Context,
  connection: AuthorizedConnection,
  { keyType, publicKey, fingerprint }: PinnedHostKey,
): Promise<Outcome<undefined>> {
  const { actor, server, port, sessionId } = connection;
  const now = ctx.clock.now();
  return ctx.audit.transact(async (tx, record) => {
    const decision = await mayApproveNow(tx, sessionId, now);
    if (!decision.allow) return refuse(decision.reason);
    await lockAddresses(tx, [{ server, port }]);
    const key = { keyType, publicKey, fingerprint };
    if (!(await maySend(tx, connection, key))) return meantForAnother;
    const pinned = await insertHostKey(tx, { server, port, ...key, pinnedBy: actor.person.id, pinnedAt: now });
    if (pinned) {
      const subject = { server, port, fingerprint, keyType };
      record({ kind: 'host_key.pinned', actorId: actor.person.id, sessionId, subject });
      await followPinnedKey(tx, record, { server, port, fingerprint, actorId: actor.person.id, now });
      return ok(undefined);
    }
    const earlier = await findHostKey(tx, server, port);
    if (earlier && Buffer.compare(earlier.publicKey, publicKey) === 0) return ok(undefined);
    return refuse('conflict', {
      problem: 'Another host key was pinned for this address in the meantime. Connect again to compare.',
    });
  });
}

const meantForAnother: Refusal = refuse('conflict', {
  problem: 'The secret was entered for another host key of this address. An administrator has to approve this one.',
});

/** The last question before a secret leaves: may that of this connection go to a host with this key, as things are now? */
export async function maySendSecret(
  ctx: Context,
  connection: AuthorizedConnection,
  key: Pick<PinnedHostKey, 'fingerprint'>,
): Promise<boolean> {
  return maySend(ctx.connection.db, connection, key);
}

// What an identity API elsewhere gave is not ours to bind.
async function maySend(
  tx: Tx,
  { credentialId, server, port }: AuthorizedConnection,
  { fingerprint }: Pick<PinnedHostKey, 'fingerprint'>,
): Promise<boolean> {
  return credentialId === null || maySecretGoTo(tx, { credentialId, server, port, fingerprint });
}

// Read again: the question may have stood on the screen while the role or the policy was taken away.
async function mayApproveNow(tx: Tx, sessionId: SessionId, now: Date): Promise<Decision> {
  const [found] = await loadSessionAccess(tx, [sessionId]);
  const grant = found?.access.grants[0];
  if (!found || !grant) return { allow: false, reason: 'grant_revoked' };
  return decide('approve-host-key', { ...found.who, grant }, now);
}
