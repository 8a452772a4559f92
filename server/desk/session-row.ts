import type { DeskSession } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import type { SessionFacts } from '../decide/facts.ts';
import type { ErrorCode } from '../errors.ts';

type Found = NonNullable<DeskSession>;

/** What the desk may do with a session: computed here, so that no screen has rules of its own. */
export type SessionRights = {
  mayView: boolean;
  whyNotView?: ErrorCode;
  /** Have the recording proven. */
  mayVerify: boolean;
  mayTerminate: boolean;
};

export function factsOf({
  id,
  person,
  loginSessionId,
  state,
}: Pick<Found, 'id' | 'person' | 'loginSessionId' | 'state'>): SessionFacts {
  return { id, personId: person.id, loginSessionId, state };
}

/** `mayView` also needs something to view. */
export function rightsOn(
  ctx: Context,
  actor: Actor,
  session: Pick<Found, 'id' | 'person' | 'loginSessionId' | 'state' | 'recording'>,
): SessionRights {
  const question = { ...actor, session: factsOf(session) };
  const now = ctx.clock.now();
  const view = decide('view-recording', question, now);
  const whyNotView = session.recording === null ? 'recording_unavailable' : view.allow ? undefined : view.reason;
  return {
    mayView: whyNotView === undefined,
    ...(whyNotView ? { whyNotView } : {}),
    mayVerify: session.recording !== null && decide('verify-recording', question, now).allow,
    mayTerminate: decide('terminate-session', question, now).allow,
  };
}
