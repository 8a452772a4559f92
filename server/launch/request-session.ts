import { z } from 'zod';
import { loadAccess } from '../../db/queries/access-facts.ts';
import { insertRequested } from '../../db/queries/sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type ComputerGuid, newId, type SessionId } from '../ids.ts';
import { snapshotOf } from './policy-snapshot.ts';

/** How long a requested session waits to be opened before it counts as abandoned. */
const requestLeaseMs = 60_000;

export const RequestSessionInputSchema = z.object({
  computerGuid: z.uuid('Choose a computer in the shop.').transform((guid) => guid.toLowerCase() as ComputerGuid),
});

/** Connect: decides, and notes a session that waits for its owner's ticket, with the terms that hold now. */
export async function requestSession(
  ctx: Context,
  actor: Actor,
  { computerGuid }: z.output<typeof RequestSessionInputSchema>,
): Promise<Outcome<{ sessionId: SessionId }>> {
  const now = ctx.clock.now();
  const { person, login } = actor;
  return ctx.audit.transact(async (tx, record) => {
    const access = await loadAccess(tx, person.id, computerGuid);
    if (!access) return refuse('not_found');
    const computerId = access.computer.id;
    const decision = decide('connect', { person, login, access }, now);
    if (!decision.allow) {
      record({ kind: 'session.refused', actorId: person.id, subject: { computerId, code: decision.reason } });
      return refuse(decision.reason);
    }
    const { grant, credentialId } = decision;
    const sessionId = newId<SessionId>(now.getTime());
    await insertRequested(tx, {
      id: sessionId,
      personId: person.id,
      loginSessionId: login.id,
      computerId,
      credentialId,
      grantId: grant.id,
      policy: snapshotOf(grant.policy),
      mode: access.computer.mode,
      requestedAt: now,
      leaseUntil: new Date(now.getTime() + requestLeaseMs),
    });
    record({
      kind: 'session.requested',
      actorId: person.id,
      sessionId,
      subject: { computerId, mode: access.computer.mode, grantId: grant.id },
    });
    return ok({ sessionId });
  });
}
