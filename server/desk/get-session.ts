import { type DeskSession, findDeskSession } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { factsOf, type HoldRights, holdRightsOn, rightsOn, type SessionRights } from './session-row.ts';

/** Everything the page of one session shows. */
export type SessionDetail = NonNullable<DeskSession> & SessionRights & HoldRights & { mayCopy: boolean };

/** One session; `not_found` for one that the actor may not see, as for one that is not there. */
export async function getSession(
  ctx: Context,
  actor: Actor,
  { sessionId }: { sessionId: SessionId },
): Promise<Outcome<SessionDetail>> {
  const session = isUuid(sessionId) ? await findDeskSession(ctx.connection.db, sessionId) : undefined;
  if (!session) return refuse('not_found');
  const question = { ...actor, session: factsOf(session) };
  const now = ctx.clock.now();
  const decision = decide('see-session', question, now);
  if (!decision.allow) return refuse(decision.reason);
  const mayCopy = decide('copy-recording', { ...question, allowCopy: session.policy.allowCopy }, now).allow;
  return ok({ ...session, ...rightsOn(ctx, actor, session), ...holdRightsOn(ctx, actor, session), mayCopy });
}
