import { loadSessionAccess, type SessionAccess } from '../../db/queries/access-facts.ts';
import type { Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type ErrorCode, refuse, sentenceOf } from '../errors.ts';
import { earlierOf } from './limits.ts';
import type { Registry } from './registry.ts';
import type { SessionEnding } from './session-ending.ts';

/**
 * Asks `decide` again about every session held here, with facts read in one statement, and ends those that may not go
 * on. Calls while one runs are answered by one more run after it, so that no change is missed.
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
