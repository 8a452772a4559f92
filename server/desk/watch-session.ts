import { z } from 'zod';
import { loadSessionAccess } from '../../db/queries/access-facts.ts';
import { deleteExpiredTickets, insertTicket } from '../../db/queries/tickets.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { hashTicket, newTicket, ticketLifeMs } from '../launch/ticket.ts';

export const WatchSessionInputSchema = z.object({
  sessionId: z.uuid('Choose a session from the list.').transform((id) => id.toLowerCase() as SessionId),
});

/** A ticket to look at a session that runs. That somebody looks is written down when they do, before they see anything. */
export async function watchSession(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof WatchSessionInputSchema>,
): Promise<Outcome<{ ticket: string }>> {
  return ctx.audit.transact(async (tx, record) => {
    const now = ctx.clock.now();
    const [found] = await loadSessionAccess(tx, [sessionId]);
    if (!found) return refuse('not_found');
    const { person, login } = actor;
    const { session, access, grantId, allowsSnooping } = found;
    const question = { person, login, session, access, grantId, allowsSnooping, ticket: null };
    const decision = decide('watch', question, now);
    if (!decision.allow) {
      record({ kind: 'ticket.refused', actorId: person.id, sessionId, subject: { code: decision.reason } });
      return refuse(decision.reason);
    }
    const ticket = newTicket();
    const hash = hashTicket(ticket);
    if (!hash) throw new TypeError('A new ticket does not have the shape of a ticket.');
    await deleteExpiredTickets(tx, now);
    const expiresAt = new Date(now.getTime() + ticketLifeMs);
    const whose = { sessionId, loginSessionId: login.id, viewerId: person.id };
    await insertTicket(tx, { hash, expiresAt, purpose: 'watch', ...whose });
    return ok({ ticket });
  });
}
