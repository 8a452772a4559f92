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

const forgetAfterMs = 10 * 60_000;
const mostRemembered = 10_000;

/** Which viewings are written down already, so that a player that reads range after range is one viewing. */
export class NotedViewings {
  readonly #noted = new Map<string, number>();

  isNoted(viewing: string, nowMs: number): boolean {
    return (this.#noted.get(viewing) ?? Number.NEGATIVE_INFINITY) > nowMs - forgetAfterMs;
  }

  /** Only after it was written. */
  note(viewing: string, nowMs: number): void {
    this.#noted.delete(viewing);
    this.#noted.set(viewing, nowMs);
    for (const oldest of this.#noted.keys()) {
      if (this.#noted.size <= mostRemembered) break;
      this.#noted.delete(oldest);
    }
  }
}

/**
 * Lets an auditor read a part of a recording, and writes down that they did before they get a byte of it. Ranges
 * of a part that are asked for within minutes of each other are one viewing, where `noted` is given.
 */
export async function authorizeRecording(
  ctx: Context,
  actor: Actor,
  { sessionId, part, isRange = false }: { sessionId: SessionId; part: string; isRange?: boolean },
  noted?: NotedViewings,
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
  const viewing = `${actor.login.id}/${sessionId}/${part}`;
  const nowMs = ctx.clock.now().getTime();
  if (!isRange || !noted?.isNoted(viewing, nowMs)) {
    await ctx.audit.append({ kind: 'recording.viewed', actorId: actor.person.id, sessionId, subject: { part } });
    noted?.note(viewing, nowMs);
  }
  return ok({ path, state, computerName: session.target, personName: session.person.name });
}
