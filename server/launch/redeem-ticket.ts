import type { Tx } from '../../db/connect.ts';
import { loadRequestedAccess, type RequestedAccess } from '../../db/queries/access-facts.ts';
import { updateTerms } from '../../db/queries/sessions.ts';
import { dropTicket, takeTicket } from '../../db/queries/tickets.ts';
import type { Actor, Context } from '../context.ts';
import { type ConnectRight, decide } from '../decide/decide.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { whoIs } from '../people/who-is.ts';
import type { AuthorizedConnection } from './authorized-connection.ts';
import { snapshotOf } from './policy-snapshot.ts';
import { hashTicket } from './ticket.ts';

export type Redemption = { ticket: string | undefined; cookieHeader: string | undefined };

/**
 * Takes a ticket from the person it was issued to and gives the proof that a bridge asks for; the only place that makes
 * one. A ticket that was shown is spent, whoever showed it: one that turns up in other hands must not work afterwards.
 * Only tickets that we issued leave evidence, each a line or two: anybody can send made-up ones, as many as they like.
 */
export async function redeemTicket(
  ctx: Context,
  { ticket, cookieHeader }: Redemption,
): Promise<Outcome<AuthorizedConnection>> {
  const who = await whoIs(ctx, cookieHeader);
  return ctx.audit.transact(async (tx, record) => {
    const actorId = who.ok ? who.value.person.id : null;
    const attempt = await redeem(tx, ctx.clock.now(), { who, ticket });
    const { sessionId, outcome } = attempt;
    if (!outcome.ok && sessionId) {
      record({ kind: 'ticket.refused', actorId, sessionId, subject: { code: outcome.code } });
    }
    return outcome;
  });
}

type Attempt = { outcome: Outcome<AuthorizedConnection>; sessionId: SessionId | null };

async function redeem(
  tx: Tx,
  now: Date,
  { who, ticket }: { who: Outcome<Actor>; ticket: string | undefined },
): Promise<Attempt> {
  const hash = hashTicket(ticket);
  const facts = hash && (await takeTicket(tx, hash, now));
  const sessionId = facts?.sessionId ?? (hash && (await dropTicket(tx, hash)));
  if (!who.ok) return refused(who, sessionId);
  if (!facts) return refused(refuse('ticket_invalid'), sessionId);
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
  return { outcome: ok(mint(actor, found, decision)), sessionId: session.id };
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
