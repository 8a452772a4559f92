import { loadSessionAccess, type SessionAccess } from '../../db/queries/access-facts.ts';
import { listLoginsWithPerson } from '../../db/queries/logins.ts';
import type { Context } from '../context.ts';
import { decide, type Who } from '../decide/decide.ts';
import { type ErrorCode, refuse, sentenceOf } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { earlierOf } from './limits.ts';
import type { Registry } from './registry.ts';
import type { SessionEnding } from './session-ending.ts';
import type { TerminalSession } from './terminal-session.ts';

/**
 * Asks `decide` again about every session held here, with facts read in one statement, and ends those that may not go
 * on; and about everybody who looks at one. Calls while one runs are answered by one more run after it, so that no change is missed.
 */
export function createRecheck(ctx: Context, registry: Registry): { check(): Promise<void> } {
  let running: Promise<void> | undefined;
  let isWanted = false;

  async function run(): Promise<void> {
    const sessions = registry.running().filter(({ isHeld }) => isHeld);
    if (sessions.length === 0) return;
    const ids = sessions.map(({ id }) => id);
    const found = new Map((await loadSessionAccess(ctx.connection.db, ids)).map((facts) => [facts.session.id, facts]));
    const now = ctx.clock.now();
    for (const session of sessions) {
      const facts = found.get(session.id);
      const ending = whyNotContinue(facts, now);
      if (ending) void session.end(ending);
      else if (facts) session.mayRunUntil(endOfRight(facts));
    }
    await checkPresence(sessions, found, now);
  }

  async function checkPresence(
    sessions: readonly TerminalSession[],
    found: ReadonlyMap<SessionId, SessionAccess>,
    now: Date,
  ): Promise<void> {
    const looks = sessions.flatMap(({ viewers }) => viewers.looks());
    // The sign-in that opened a session is asked about with it; a browser may have come back by another one.
    const browsers = sessions.flatMap(({ seat, authorized }) =>
      seat.browsers().filter(({ loginId }) => loginId !== authorized.actor.login.id),
    );
    const ids = [...looks.map(({ view }) => view.actor.login.id), ...browsers.map(({ loginId }) => loginId)];
    if (ids.length === 0) return;
    const logins = await listLoginsWithPerson(ctx.connection.db, [...new Set(ids)]);
    const present = new Map(logins.map((who) => [who.login.id, who]));
    for (const { view, dismiss } of looks) {
      const refusal = whyNotWatch(present.get(view.actor.login.id), found.get(view.sessionId), now);
      if (refusal) dismiss(sentenceOf(refuse(refusal)));
    }
    for (const { loginId, dismiss } of browsers) {
      const who = present.get(loginId);
      if (!who || who.login.revokedAt || who.person.disabledAt) dismiss();
    }
  }

  async function runUntilDone(): Promise<void> {
    do {
      isWanted = false;
      await run().catch((err) => ctx.log.error('The right to go on could not be read again', { err }));
    } while (isWanted);
    running = undefined;
  }

  return {
    check() {
      isWanted = true;
      running ??= runUntilDone();
      return running;
    },
  };
}

function whyNotWatch(who: Who | undefined, facts: SessionAccess | undefined, now: Date): ErrorCode | undefined {
  if (!who) return 'signed_out';
  if (!facts) return 'not_found';
  const { session, access, grantId, allowsSnooping } = facts;
  const decision = decide('watch', { ...who, session, access, grantId, allowsSnooping, ticket: null }, now);
  return decision.allow ? undefined : decision.reason;
}

function whyNotContinue(facts: SessionAccess | undefined, now: Date): SessionEnding | undefined {
  if (!facts) return { reason: 'revoked' };
  if (facts.session.state === 'ended') return { reason: 'failed', detail: 'This session was ended elsewhere.' };
  const { who, access, grantId, until } = facts;
  const decision = decide('continue', { ...who, access, grantId, until }, now);
  return decision.allow ? undefined : endingFor(decision.reason);
}

function endOfRight({ access, grantId, until }: SessionAccess): Date | null {
  const grant = access.grants.find(({ id }) => id === grantId);
  return earlierOf(grant?.endsAt, until);
}

function endingFor(code: ErrorCode): SessionEnding {
  if (code === 'signed_out' || code === 'grant_ended') return { reason: code };
  return { reason: 'revoked', detail: sentenceOf(refuse(code)) };
}
