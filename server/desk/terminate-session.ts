import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { lockSessionFacts } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { endSession } from '../launch/end-session-job.ts';
import { plainText } from '../protocol/plain-text.ts';

const longestWhy = 300;

export const TerminateSessionInputSchema = z.object({
  sessionId: z.uuid('Choose a session from the list.').transform((id) => id.toLowerCase() as SessionId),
  /** What its person reads, and the auditor. */
  why: z.string().trim().max(longestWhy, `Enter at most ${longestWhy} characters.`).transform(plainText).optional(),
});

/**
 * Asks the gateway that holds a session to end it; it is asked when this commits. A session that no gateway holds yet
 * is ended here, so that its ticket opens nothing any more. Whoever ends the session of somebody else says why.
 */
export async function terminateSession(
  ctx: Context,
  actor: Actor,
  { sessionId, why }: z.output<typeof TerminateSessionInputSchema>,
): Promise<Outcome<undefined>> {
  if (!isUuid(sessionId)) return refuse('not_found');
  return ctx.audit.transact(async (tx, record) => {
    const session = await lockSessionFacts(tx, sessionId);
    if (!session) return refuse('not_found');
    const now = ctx.clock.now();
    const decision = decide('terminate-session', { ...actor, session }, now);
    if (!decision.allow) return refuse(decision.reason);

    const actorId = actor.person.id;
    const reason = session.personId === actorId ? 'closed' : 'terminated';
    if (reason === 'terminated' && !why) {
      return refuse('invalid_input', { field: 'why', problem: 'Enter a reason. The person reads it.' });
    }
    const said = why ? { why } : {};
    record({ kind: 'session.terminate_requested', actorId, sessionId, subject: { reason, ...said } });
    if (session.state === 'requested') {
      await endSession(tx, sessionId, { reason, endedAt: now, ...(why ? { detail: whyDetail(why) } : {}) });
      const subject = { reason, bytesOut: 0, bytesIn: 0, exitStatus: null };
      record({ kind: 'session.ended', actorId, sessionId, subject });
    }
    await notify(tx, 'end_session', { sessionId, reason, by: actorId, ...(why ? { detail: whyDetail(why) } : {}) });
    return ok(undefined);
  });
}

function whyDetail(why: string): string {
  return `Reason: ${why}`;
}
