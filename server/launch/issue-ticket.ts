import { z } from 'zod';
import { loadRequestedAccess } from '../../db/queries/access-facts.ts';
import { isGiven } from '../../db/queries/sessions.ts';
import { deleteExpiredTickets, insertTicket } from '../../db/queries/tickets.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { hashTicket, newTicket, ticketLifeMs } from './ticket.ts';

export const IssueTicketInputSchema = z.object({
  sessionId: z
    .uuid('This link is not complete. Start again from the shop.')
    .transform((id) => id.toLowerCase() as SessionId),
});

const notGiven = 'The credential of this session has not been given yet. Please wait a moment.';

/**
 * A ticket for a session that this person requested in this sign-in, once its credential was given. Whether they get one is the question whether they
 * could redeem it this moment; a session of somebody else answers like one that does not exist.
 */
export async function issueTicket(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof IssueTicketInputSchema>,
): Promise<Outcome<{ ticket: string; expiresInMs: number }>> {
  const now = ctx.clock.now();
  const { person, login } = actor;
  return ctx.audit.transact(async (tx, record) => {
    const found = await loadRequestedAccess(tx, sessionId);
    if (!found) return refuse('not_found');
    const facts = {
      sessionId,
      loginSessionId: login.id,
      expiresAt: new Date(now.getTime() + ticketLifeMs),
      redeemedAt: null,
    };
    const { session, access, grantId, credential, until } = found;
    const question = { person, login, ticket: facts, session, access, grantId, credential, until };
    const decision = decide('redeem-ticket', question, now);
    if (!decision.allow) {
      const code = decision.reason === 'ticket_invalid' ? 'not_found' : decision.reason;
      record({ kind: 'ticket.refused', actorId: person.id, sessionId, subject: { code } });
      return refuse(code);
    }
    if (!(await isGiven(tx, sessionId))) return refuse('conflict', { problem: notGiven });
    const ticket = newTicket();
    const hash = hashTicket(ticket);
    if (!hash) throw new TypeError('A new ticket does not have the shape of a ticket.');
    await deleteExpiredTickets(tx, now);
    await insertTicket(tx, { hash, sessionId, loginSessionId: login.id, expiresAt: facts.expiresAt });
    return ok({ ticket, expiresInMs: ticketLifeMs });
  });
}
