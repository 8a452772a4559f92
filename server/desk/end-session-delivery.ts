import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { findDeskSession } from '../../db/queries/desk-sessions.ts';
import { findSessionJob, makeDue, type SessionJob } from '../../db/queries/jobs.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { endSessionKind, endSessionPatienceMs } from '../launch/end-session-job.ts';
import { factsOf } from './session-row.ts';

export type EndSessionDelivery = Pick<SessionJob, 'state' | 'dueAt' | 'giveUpAt' | 'finishedAt' | 'tries'> & {
  maySendAgain: boolean;
  /** Given up so long ago that what had to be said was destroyed. */
  isForgotten: boolean;
};

/** How its identity API was told that a session ended; null while nothing is owed. */
export async function getEndSessionDelivery(
  ctx: Context,
  actor: Actor,
  { sessionId }: { sessionId: SessionId },
): Promise<Outcome<EndSessionDelivery | null>> {
  const { db } = ctx.connection;
  const session = await findDeskSession(db, sessionId);
  if (!session) return refuse('not_found');
  const decision = decide('see-session', { ...actor, session: factsOf(session) }, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const job = await findSessionJob(db, sessionId, endSessionKind);
  if (!job) return ok(null);
  const { state, dueAt, giveUpAt, finishedAt, tries, hasPayload } = job;
  const maySendAgain = state !== 'done' && hasPayload && refuseNonAdministrator(ctx, actor) === undefined;
  const isForgotten = state === 'failed' && !hasPayload;
  return ok({ state, dueAt, giveUpAt, finishedAt, tries, maySendAgain, isForgotten });
}

export const SendEndSessionAgainInputSchema = z.object({
  sessionId: z.uuid('Choose a session from the list.').transform((id) => id.toLowerCase() as SessionId),
});

const toldAlready = 'The identity system was told already.';
const forgotten =
  'What had to be said was destroyed 30 days after it was given up. End the check-out over there by hand.';

/** Tells the identity API once more, now, and goes on trying for another day. */
export async function sendEndSessionAgain(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof SendEndSessionAgainInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const job = await findSessionJob(tx, sessionId, endSessionKind);
    if (!job) return refuse('not_found');
    const now = ctx.clock.now();
    const isDue = await makeDue(tx, job.id, { now, giveUpAt: new Date(now.getTime() + endSessionPatienceMs) });
    if (!isDue) return refuse('conflict', { problem: job.state === 'done' ? toldAlready : forgotten });
    record({ kind: 'end_session.sent_again', actorId: actor.person.id, sessionId, subject: { jobId: job.id } });
    await notify(tx, 'job_due', { jobId: job.id });
    return ok(undefined);
  });
}
