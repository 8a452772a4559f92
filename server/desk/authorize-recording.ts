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

/** Which viewings are written down already, so that a player that reads piece after piece is one viewing. */
export class NotedViewings {
  readonly #noted = new Map<string, { atMs: number; written: Promise<void> }>();

  /** Writes it down unless that was done not long ago; several at once wait for the one that does. */
  async once(viewing: string, nowMs: number, write: () => Promise<void>): Promise<void> {
    const found = this.#noted.get(viewing);
    if (found && found.atMs > nowMs - forgetAfterMs) return found.written;
    const noted = { atMs: nowMs, written: write() };
    this.#noted.delete(viewing);
    this.#noted.set(viewing, noted);
    for (const oldest of this.#noted.keys()) {
      if (this.#noted.size <= mostRemembered) break;
      this.#noted.delete(oldest);
    }
    try {
      await noted.written;
    } catch (error) {
      if (this.#noted.get(viewing) === noted) this.#noted.delete(viewing);
      throw error;
    }
  }
}

/**
 * Lets an auditor read a part of a recording, and writes down that they did before they get a byte of it. Pieces that a
 * person reads of a recording within minutes of each other are one viewing, where `noted` is given; what is read as a
 * whole is written down each time.
 */
export async function authorizeRecording(
  ctx: Context,
  actor: Actor,
  { sessionId, part, isPiece = false }: { sessionId: SessionId; part: string; isPiece?: boolean },
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
  if (path === undefined || state === undefined) return refuse('recording_unavailable');
  if (state === 'deleted') return refuse('recording_deleted');
  const write = () =>
    ctx.audit.append({ kind: 'recording.viewed', actorId: actor.person.id, sessionId, subject: { part } });
  if (isPiece && noted) await noted.once(`${actor.person.id}/${sessionId}`, ctx.clock.now().getTime(), write);
  else await write();
  return ok({ path, state, computerName: session.target, personName: session.person.name });
}
