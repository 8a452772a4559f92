import { z } from 'zod';
import {
  deleteHostKey,
  findHostKey,
  type HostKeyRow,
  insertHostKey,
  listAllHostKeys,
  type PinnedHostKey,
} from '../../db/queries/host-keys.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import { PortSchema, ServerSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export type { HostKeyRow };

export async function listHostKeys(ctx: Context, actor: Actor): Promise<Outcome<HostKeyRow[]>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await listAllHostKeys(ctx.connection.db));
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
 * same key again is no change; another key than the pinned one is a conflict.
 */
export async function pinHostKey(
  ctx: Context,
  { actor, grant, server, port, sessionId }: AuthorizedConnection,
  { keyType, publicKey, fingerprint }: PinnedHostKey,
): Promise<Outcome<undefined>> {
  const now = ctx.clock.now();
  const decision = decide('approve-host-key', { ...actor, grant }, now);
  if (!decision.allow) return refuse(decision.reason);
  return ctx.audit.transact(async (tx, record) => {
    const key = { keyType, publicKey, fingerprint };
    const pinned = await insertHostKey(tx, { server, port, ...key, pinnedBy: actor.person.id, pinnedAt: now });
    if (pinned) {
      const subject = { server, port, fingerprint, keyType };
      record({ kind: 'host_key.pinned', actorId: actor.person.id, sessionId, subject });
      return ok(undefined);
    }
    const earlier = await findHostKey(tx, server, port);
    if (earlier && Buffer.compare(earlier.publicKey, publicKey) === 0) return ok(undefined);
    return refuse('conflict', {
      problem: 'Another host key was pinned for this address in the meantime. Connect again to compare.',
    });
  });
}
