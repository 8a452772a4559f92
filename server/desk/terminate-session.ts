import { notify } from '../../db/notify.ts';
import { lockSessionFacts } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { endSession } from '../launch/end-session-job.ts';

/**
 * Asks the gateway that holds a session to end it; it is asked when this commits. A session that no gateway holds yet
 * is ended here, so that its ticket opens nothing any more.
 */
export async function terminateSession(
  ctx: Context,
  actor: Actor,
  { sessionId }: { sessionId: SessionId },
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
    record({ kind: 'session.terminate_requested', actorId, sessionId, subject: { reason } });
    if (session.state === 'requested') {
      await endSession(tx, sessionId, { reason, endedAt: now });
      const subject = { reason, bytesOut: 0, bytesIn: 0, exitStatus: null };
      record({ kind: 'session.ended', actorId, sessionId, subject });
    }
    await notify(tx, 'end_session', { sessionId, reason, by: actorId });
    return ok(undefined);
  });
}
