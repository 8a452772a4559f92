import { and, eq, gt, inArray, isNull, lte } from 'drizzle-orm';
import type { WatchTicketFacts } from '../../server/decide/facts.ts';
import type { LoginSessionId, PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { type TicketPurpose, tickets } from '../schema.ts';

export async function insertTicket(
  tx: Tx,
  ticket: {
    hash: Uint8Array;
    sessionId: SessionId;
    loginSessionId: LoginSessionId;
    expiresAt: Date;
    purpose: TicketPurpose;
    /** Who looks. */
    viewerId?: PersonId;
  },
): Promise<void> {
  await tx.insert(tickets).values(ticket);
}

/**
 * Takes a ticket: of any number of calls at once, exactly one gets it. The facts are those of the ticket before it was
 * taken; `undefined` for one that is unknown, taken or expired.
 */
export async function takeTicket(
  tx: Tx,
  hash: Uint8Array,
  now: Date,
): Promise<(WatchTicketFacts & { purpose: TicketPurpose }) | undefined> {
  const [row] = await tx
    .update(tickets)
    .set({ redeemedAt: now })
    .where(and(eq(tickets.hash, hash), isNull(tickets.redeemedAt), gt(tickets.expiresAt, now)))
    .returning({
      sessionId: tickets.sessionId,
      loginSessionId: tickets.loginSessionId,
      expiresAt: tickets.expiresAt,
      purpose: tickets.purpose,
      viewerId: tickets.viewerId,
    });
  return row && { ...row, redeemedAt: null };
}

/**
 * Removes a ticket that could not be taken and answers which session it was for; `undefined` if there is none. So one
 * that is shown again and again is known once.
 */
export async function dropTicket(tx: Tx, hash: Uint8Array): Promise<SessionId | undefined> {
  const [row] = await tx.delete(tickets).where(eq(tickets.hash, hash)).returning({ sessionId: tickets.sessionId });
  return row?.sessionId;
}

/** Removes tickets that are of no use any more. Rows that another transaction holds are left for the next time. */
export async function deleteExpiredTickets(tx: Tx, now: Date): Promise<void> {
  const expired = tx
    .select({ hash: tickets.hash })
    .from(tickets)
    .where(lte(tickets.expiresAt, now))
    .for('update', { skipLocked: true });
  await tx.delete(tickets).where(inArray(tickets.hash, expired));
}
