import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { lockSessionFacts } from '../../db/queries/desk-sessions.ts';
import { liftHold, lockFate, type RecordingFate, writeHold } from '../../db/queries/retention.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import type { SessionFacts } from '../decide/facts.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { plainText } from '../protocol/plain-text.ts';

const longestWhy = 300;
const sessionIdSchema = z.uuid('Choose a session from the list.').transform((id) => id.toLowerCase() as SessionId);
const whySchema = z
  .string()
  .trim()
  .min(1, 'Enter a reason. The audit log keeps it.')
  .max(longestWhy, `Enter at most ${longestWhy} characters.`)
  .transform(plainText);

export const HoldRecordingInputSchema = z.object({ sessionId: sessionIdSchema, why: whySchema });
export const AnswerLiftInputSchema = z.object({ sessionId: sessionIdSchema });

/** After a hold ended nothing is deleted for so long, so that a mistake can be mended. */
const afterLiftMs = 7 * 24 * 3_600_000;

/** Keeps a recording from being deleted, whatever its policy says, until two people agree that it may go. */
export async function holdRecording(
  ctx: Context,
  actor: Actor,
  { sessionId, why }: z.output<typeof HoldRecordingInputSchema>,
): Promise<Outcome<undefined>> {
  const decision = decide('hold-recording', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  return ctx.audit.transact(async (tx, record) => {
    const found = await findHeld(tx, sessionId);
    if (!found.ok) return found;
    if (found.value.fate.heldAt) return refuse('conflict', { problem: 'This recording is on hold already.' });
    await writeHold(tx, sessionId, { heldAt: ctx.clock.now(), heldBy: actor.person.id, holdReason: why });
    record({ kind: 'recording.held', actorId: actor.person.id, sessionId, subject: { why } });
    return ok(undefined);
  });
}

/** Asks for the end of a hold. Nothing changes until a second person agrees. */
export async function askToLiftHold(
  ctx: Context,
  actor: Actor,
  { sessionId, why }: z.output<typeof HoldRecordingInputSchema>,
): Promise<Outcome<undefined>> {
  return ctx.audit.transact(async (tx, record) => {
    const found = await findHeld(tx, sessionId);
    if (!found.ok) return found;
    const { session, fate } = found.value;
    const refusal = mayLift(ctx, actor, session, null) ?? notHeld(fate);
    if (refusal) return refusal;
    if (fate.liftAskedBy) return refuse('conflict', { problem: 'Somebody has asked for this already.' });
    const actorId = actor.person.id;
    await writeHold(tx, sessionId, { liftAskedAt: ctx.clock.now(), liftAskedBy: actorId, liftReason: why });
    record({ kind: 'recording.lift_asked', actorId, sessionId, subject: { why } });
    return ok(undefined);
  });
}

/** Ends a hold whose end somebody else asked for. The recording may be deleted from a week later on. */
export async function agreeToLiftHold(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof AnswerLiftInputSchema>,
): Promise<Outcome<undefined>> {
  return ctx.audit.transact(async (tx, record) => {
    const found = await findHeld(tx, sessionId);
    if (!found.ok) return found;
    const { session, fate } = found.value;
    const refusal = mayLift(ctx, actor, session, fate.liftAskedBy) ?? notHeld(fate);
    if (refusal) return refusal;
    if (!fate.liftAskedBy) return refuse('conflict', { problem: nobodyAsked });
    await liftHold(tx, sessionId, new Date(ctx.clock.now().getTime() + afterLiftMs));
    const subject = { personId: fate.liftAskedBy, why: fate.liftReason ?? '' };
    record({ kind: 'recording.hold_lifted', actorId: actor.person.id, sessionId, subject });
    return ok(undefined);
  });
}

/** Keeps a hold whose end somebody asked for: also whoever asked, who thought better of it. */
export async function keepHold(
  ctx: Context,
  actor: Actor,
  { sessionId }: z.output<typeof AnswerLiftInputSchema>,
): Promise<Outcome<undefined>> {
  const decision = decide('hold-recording', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  return ctx.audit.transact(async (tx, record) => {
    const found = await findHeld(tx, sessionId);
    if (!found.ok) return found;
    const { liftAskedBy: personId } = found.value.fate;
    if (!personId) return refuse('conflict', { problem: nobodyAsked });
    await writeHold(tx, sessionId, { liftAskedAt: null, liftAskedBy: null, liftReason: null });
    record({ kind: 'recording.lift_declined', actorId: actor.person.id, sessionId, subject: { personId } });
    return ok(undefined);
  });
}

const nobodyAsked = 'Nobody asks for the end of this hold any more. Load the page again.';

type Found = { session: SessionFacts; fate: RecordingFate };

async function findHeld(tx: Tx, sessionId: SessionId): Promise<Outcome<Found>> {
  const session = await lockSessionFacts(tx, sessionId);
  const fate = session && (await lockFate(tx, sessionId));
  if (!session) return refuse('not_found');
  if (!fate) return refuse('recording_unavailable');
  return fate.state === 'deleted' ? refuse('recording_deleted') : ok({ session, fate });
}

function mayLift(
  ctx: Context,
  actor: Actor,
  session: SessionFacts,
  askedBy: RecordingFate['liftAskedBy'],
): Refusal | undefined {
  const decision = decide('lift-hold', { ...actor, session, askedBy }, ctx.clock.now());
  return decision.allow ? undefined : refuse(decision.reason);
}

function notHeld({ heldAt }: RecordingFate): Refusal | undefined {
  return heldAt
    ? undefined
    : refuse('conflict', { problem: 'This recording is not on hold any more. Load the page again.' });
}
