import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { loadRequestedAccess, loadSessionAccess } from '../../db/queries/access-facts.ts';
import { isGiven } from '../../db/queries/sessions.ts';
import { deleteExpiredTickets, insertTicket } from '../../db/queries/tickets.ts';
import type { TicketPurpose } from '../../db/schema.ts';
import type { Actor, Context } from '../context.ts';
import { type Decision, decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { hashTicket, newTicket, ticketLifeMs } from './ticket.ts';

export const IssueTicketInputSchema = z.object({
  sessionId: z
    .uuid('This link is not complete. Start again from the shop.')
    .transform((id) => id.toLowerCase() as SessionId),
});

const notGiven = 'The credential of this session has not been given yet. Please wait a moment.';

export type IssuedTicket = { ticket: string; expiresInMs: number; purpose: Exclude<TicketPurpose, 'watch'> };

/**
 * A ticket for a session of this person: to open one that they requested in this sign-in, once its credential was given,
 * or to come back to one that runs. Whether they get one is the question whether they could redeem it this moment; a
 * session of somebody else answers like one that does not exist.
 */
export async function issueTicket(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof IssueTicketInputSchema>,
): Promise<Outcome<IssuedTicket>> {
  return ctx.audit.transact(async (tx, record) => {
    const now = ctx.clock.now();
    const wish = await judge(tx, actor, { sessionId, now });
    if (!wish) return refuse('not_found');
    const { purpose, decision } = wish;
    if (!decision.allow) {
      const code = decision.reason === 'ticket_invalid' ? 'not_found' : decision.reason;
      record({ kind: 'ticket.refused', actorId: actor.person.id, sessionId, subject: { code } });
      return refuse(code);
    }
    if (purpose === 'open' && !(await isGiven(tx, sessionId))) return refuse('conflict', { problem: notGiven });
    const ticket = newTicket();
    const hash = hashTicket(ticket);
    if (!hash) throw new TypeError('A new ticket does not have the shape of a ticket.');
    await deleteExpiredTickets(tx, now);
    const expiresAt = new Date(now.getTime() + ticketLifeMs);
    await insertTicket(tx, { hash, sessionId, loginSessionId: actor.login.id, expiresAt, purpose });
    return ok({ ticket, expiresInMs: ticketLifeMs, purpose });
  });
}

type Wish = { purpose: IssuedTicket['purpose']; decision: Decision };

async function judge(
  tx: Tx,
  { person, login }: Actor,
  { sessionId, now }: { sessionId: SessionId; now: Date },
): Promise<Wish | undefined> {
  const [running] = await loadSessionAccess(tx, [sessionId]);
  if (running?.session.state === 'active') {
    const { session, access, grantId, until } = running;
    const question = { person, login, session, access, grantId, until, ticket: null };
    return { purpose: 'attach', decision: decide('attach', question, now) };
  }
  const found = running && (await loadRequestedAccess(tx, sessionId));
  if (!found) return undefined;
  const ticket = {
    sessionId,
    loginSessionId: login.id,
    expiresAt: new Date(now.getTime() + ticketLifeMs),
    redeemedAt: null,
  };
  const { session, access, grantId, credential, until } = found;
  const question = { person, login, ticket, session, access, grantId, credential, until };
  return { purpose: 'open', decision: decide('redeem-ticket', question, now) };
}
