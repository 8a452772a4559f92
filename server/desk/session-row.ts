import type { DeskSession } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import type { SessionFacts } from '../decide/facts.ts';
import type { ErrorCode } from '../errors.ts';
import type { PersonId } from '../ids.ts';

type Found = NonNullable<DeskSession>;
type Recording = NonNullable<Found['recording']>;

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
  session: Pick<Found, 'id' | 'person' | 'loginSessionId' | 'state'> & { recording: Pick<Recording, 'state'> | null },
): SessionRights {
  const question = { ...actor, session: factsOf(session) };
  const now = ctx.clock.now();
  const view = decide('view-recording', question, now);
  const whyNotView = whyNothing(session.recording) ?? (view.allow ? undefined : view.reason);
  return {
    mayView: whyNotView === undefined,
    ...(whyNotView ? { whyNotView } : {}),
    mayVerify: session.recording !== null && decide('verify-recording', question, now).allow,
    mayTerminate: decide('terminate-session', question, now).allow,
  };
}

function whyNothing(recording: Pick<Recording, 'state'> | null): ErrorCode | undefined {
  if (recording === null) return 'recording_unavailable';
  return recording.state === 'deleted' ? 'recording_deleted' : undefined;
}

/** What somebody may do about the hold of a recording. */
export type HoldRights = { mayHold: boolean; mayAskToLift: boolean; mayAgreeToLift: boolean; mayKeepHold: boolean };

export function holdRightsOn(ctx: Context, actor: Actor, session: Found): HoldRights {
  const { recording, lifter } = session;
  const now = ctx.clock.now();
  const isThere = recording !== null && recording.state !== 'deleted';
  const mayHold = isThere && decide('hold-recording', actor, now).allow;
  const mayLift = (askedBy: PersonId | null) =>
    isThere && decide('lift-hold', { ...actor, session: factsOf(session), askedBy }, now).allow;
  const isHeld = Boolean(recording?.heldAt);
  return {
    mayHold: mayHold && !isHeld,
    mayAskToLift: isHeld && lifter === null && mayLift(null),
    mayAgreeToLift: lifter !== null && mayLift(lifter.id),
    mayKeepHold: lifter !== null && mayHold,
  };
}
