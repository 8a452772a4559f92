import type { Tx } from '../../db/connect.ts';
import { loadRequestedAccess, loadSessionAccess, type RequestedAccess } from '../../db/queries/access-facts.ts';
import { updateTerms } from '../../db/queries/sessions.ts';
import { dropTicket, takeTicket } from '../../db/queries/tickets.ts';
import type { Actor, Context } from '../context.ts';
import { type ConnectRight, decide } from '../decide/decide.ts';
import type { TicketFacts, WatchTicketFacts } from '../decide/facts.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { whoIs } from '../people/who-is.ts';
import type { AuthorizedAttachment, AuthorizedConnection, AuthorizedView } from './authorized-connection.ts';
import { snapshotOf } from './policy-snapshot.ts';
import { hashTicket } from './ticket.ts';

export type Redemption = {
  ticket: string | undefined;
  cookieHeader: string | undefined;
  /** Where it was shown: tickets of those who work in a session and of those who look are no good at each other's door. */
  door: 'terminal' | 'watch';
};

/** What a ticket was good for: a session to open, one that runs to come back to, or one to look at. */
export type Redeemed =
  | { purpose: 'open'; authorized: AuthorizedConnection }
  | { purpose: 'attach'; authorized: AuthorizedAttachment }
  | { purpose: 'watch'; authorized: AuthorizedView };

/**
 * Takes a ticket from the person it was issued to and gives the proof that a bridge asks for; the only place that makes
 * one. A ticket that was shown is spent, whoever showed it: one that turns up in other hands must not work afterwards.
 * Only tickets that we issued leave evidence, each a line or two: anybody can send made-up ones, as many as they like.
 */
export async function redeemTicket(
  ctx: Context,
  { ticket, cookieHeader, door }: Redemption,
): Promise<Outcome<Redeemed>> {
  const who = await whoIs(ctx, cookieHeader);
  return ctx.audit.transact(async (tx, record) => {
    const actorId = who.ok ? who.value.person.id : null;
    const attempt = await redeem(tx, ctx.clock.now(), { who, ticket, door });
    const { sessionId, outcome } = attempt;
    if (!outcome.ok && sessionId) {
      record({ kind: 'ticket.refused', actorId, sessionId, subject: { code: outcome.code } });
    }
    return outcome;
  });
}

type Attempt = { outcome: Outcome<Redeemed>; sessionId: SessionId | null };

async function redeem(
  tx: Tx,
  now: Date,
  { who, ticket, door }: { who: Outcome<Actor> } & Pick<Redemption, 'ticket' | 'door'>,
): Promise<Attempt> {
  const hash = hashTicket(ticket);
  const facts = hash && (await takeTicket(tx, hash, now));
  const sessionId = facts?.sessionId ?? (hash && (await dropTicket(tx, hash)));
  if (!who.ok) return refused(who, sessionId);
  if (!facts) return refused(refuse('ticket_invalid'), sessionId);
  if ((facts.purpose === 'watch') !== (door === 'watch')) return refused(refuse('ticket_invalid'), sessionId);
  if (facts.purpose === 'attach') return redeemAttachment(tx, now, { actor: who.value, ticket: facts });
  if (facts.purpose === 'watch') return redeemView(tx, now, { actor: who.value, ticket: facts });
  const found = await loadRequestedAccess(tx, facts.sessionId);
  if (!found) return refused(refuse('ticket_invalid'), sessionId);

  const actor = who.value;
  const { session, access, grantId, credential, until } = found;
  const { person, login } = actor;
  const question = { person, login, ticket: facts, session, access, grantId, credential, until };
  const decision = decide('redeem-ticket', question, now);
  if (!decision.allow) return refused(refuse(decision.reason), session.id);
  const { grant, credentialId } = decision;
  await updateTerms(tx, session.id, { credentialId, policy: snapshotOf(grant.policy) });
  return { outcome: ok({ purpose: 'open', authorized: mint(actor, found, decision) }), sessionId: session.id };
}

async function redeemAttachment(
  tx: Tx,
  now: Date,
  { actor, ticket }: { actor: Actor; ticket: TicketFacts },
): Promise<Attempt> {
  const [found] = await loadSessionAccess(tx, [ticket.sessionId]);
  if (!found) return refused(refuse('ticket_invalid'), ticket.sessionId);
  const { session, access, grantId, until } = found;
  const { person, login } = actor;
  const decision = decide('attach', { person, login, session, access, grantId, until, ticket }, now);
  if (!decision.allow) return refused(refuse(decision.reason), session.id);
  const authorized = { sessionId: session.id, actor } as AuthorizedAttachment;
  return { outcome: ok({ purpose: 'attach', authorized }), sessionId: session.id };
}

async function redeemView(
  tx: Tx,
  now: Date,
  { actor, ticket }: { actor: Actor; ticket: WatchTicketFacts },
): Promise<Attempt> {
  const [found] = await loadSessionAccess(tx, [ticket.sessionId]);
  if (!found) return refused(refuse('ticket_invalid'), ticket.sessionId);
  const { session, access, grantId, allowsSnooping } = found;
  const { person, login } = actor;
  const decision = decide('watch', { person, login, session, access, grantId, allowsSnooping, ticket }, now);
  if (!decision.allow) return refused(refuse(decision.reason), session.id);
  const authorized = { sessionId: session.id, actor, isTold: decision.isTold } as AuthorizedView;
  return { outcome: ok({ purpose: 'watch', authorized }), sessionId: session.id };
}

function refused(refusal: Refusal, sessionId: SessionId | null = null): Attempt {
  return { outcome: refusal, sessionId };
}

function mint(
  actor: Actor,
  { session, access, terms, checkOutId }: RequestedAccess,
  right: ConnectRight,
): AuthorizedConnection {
  const { id, name, mode, server, port } = access.computer;
  const { grant, credentialId } = right;
  const where = { computer: { id, name }, mode, server, port };
  const facts = { sessionId: session.id, actor, ...where, credentialId, grant, terms, checkOutId };
  return facts as AuthorizedConnection;
}
