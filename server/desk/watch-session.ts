import { z } from 'zod';
import { loadSessionAccess, type SessionAccess } from '../../db/queries/access-facts.ts';
import { listRunning } from '../../db/queries/desk-sessions.ts';
import { deleteExpiredTickets, insertTicket } from '../../db/queries/tickets.ts';
import type { Actor, Context } from '../context.ts';
import { type Decision, decide } from '../decide/decide.ts';
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
    const decision = judge(actor, found, now);
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

/** Whether this person may watch that session now: asked for the page, and again for the ticket and at the door. */
export async function mayWatch(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof WatchSessionInputSchema>,
): Promise<Outcome<undefined>> {
  const [found] = await loadSessionAccess(ctx.connection.db, [sessionId]);
  if (!found) return refuse('not_found');
  const decision = judge(actor, found, ctx.clock.now());
  return decision.allow ? ok(undefined) : refuse(decision.reason);
}

/** A session on the wall. */
export type WallTile = { sessionId: SessionId; person: string; computer: string; openedAt: string | null };

/** The longest-running first, so that a picture stays where it is. */
const mostTiles = 60;

/** The sessions that run and that this person may watch, for the wall of live pictures. */
export async function listWall(
  ctx: Context,
  actor: Actor,
): Promise<Outcome<{ tiles: WallTile[]; running: number; isCut: boolean }>> {
  const decision = decide('see-wall', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const { db } = ctx.connection;
  const running = await listRunning(db);
  const now = ctx.clock.now();
  const facts = await loadSessionAccess(
    db,
    running.map(({ id }) => id),
  );
  const allowed = new Set(facts.filter((found) => judge(actor, found, now).allow).map(({ session }) => session.id));
  const tiles = running
    .filter(({ id }) => allowed.has(id))
    .map(({ id, person, computer, openedAt }) => ({
      sessionId: id,
      person,
      computer,
      openedAt: openedAt?.toISOString() ?? null,
    }));
  return ok({ tiles: tiles.slice(0, mostTiles), running: running.length, isCut: tiles.length > mostTiles });
}

function judge({ person, login }: Actor, found: SessionAccess, now: Date): Decision<{ isTold: boolean }> {
  const { session, access, grantId, allowsSnooping } = found;
  return decide('watch', { person, login, session, access, grantId, allowsSnooping, ticket: null }, now);
}
