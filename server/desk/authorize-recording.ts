import { findDeskSession } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { factsOf } from './session-row.ts';

export type AuthorizedRecording = {
  /** Folder relative to the recordings store. */
  path: string;
  state: 'writing' | 'sealed' | 'failed';
  computerName: string;
  personName: string;
};

/** Lets an auditor read a part of a recording, and writes down that they did before they get a byte of it. */
export async function authorizeRecording(
  ctx: Context,
  actor: Actor,
  { sessionId, part }: { sessionId: SessionId; part: string },
): Promise<Outcome<AuthorizedRecording>> {
  const session = isUuid(sessionId) ? await findDeskSession(ctx.connection.db, sessionId) : undefined;
  if (!session) return refuse('not_found');
  const question = { ...actor, session: factsOf(session) };
  for (const action of ['see-session', 'view-recording'] as const) {
    const decision = decide(action, question, ctx.clock.now());
    if (!decision.allow) return refuse(decision.reason);
  }
  const { path, state } = session.recording ?? {};
  if (path === undefined || state === undefined || state === 'deleted') return refuse('recording_unavailable');
  await ctx.audit.append({ kind: 'recording.viewed', actorId: actor.person.id, sessionId, subject: { part } });
  return ok({ path, state, computerName: session.computer.name, personName: session.person.name });
}
