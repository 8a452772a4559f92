import type { AwsPorts, CallFinished, CallOpened, CallRefused } from '../aws/ports.ts';
import type { Context } from '../context.ts';
import type { CallSessions } from './call-sessions.ts';
import type { Drain } from './drain.ts';
import type { Journal } from './journal.ts';
import { type RefusalNotes, refusedEvent } from './note-refusals.ts';

/** The database may be behind the journal for so long; after that nothing more is forwarded. */
const mostBehindMs = 30_000;

type Notes = { ctx: Context; journal: Journal; drain: Drain; sessions: CallSessions; refusals: RefusalNotes };

/** Notes calls as they begin, end, and are refused. */
export function createCallNotes({
  ctx,
  journal,
  drain,
  sessions,
  refusals,
}: Notes): Pick<AwsPorts, 'opened' | 'finished' | 'refused'> {
  async function opened({ shown, token, sessionId }: CallOpened): Promise<void> {
    const session = sessions.get(sessionId);
    if (!session || session.ended.aborted) throw new Error('The session of this call has ended.');
    if (drain.behindMs() > mostBehindMs) throw new Error('The database has been away for too long.');
    // Counted before it is written, so that a session is not idle meanwhile.
    session.running += 1;
    try {
      await journal.append({ kind: 'called', personId: token.personId, tokenId: token.id, sessionId, shown });
    } catch (error) {
      sessions.left(session);
      throw error;
    }
    session.calls += 1;
    drain.wake();
  }

  function finished(call: CallFinished): void {
    const session = sessions.get(call.sessionId);
    if (session) {
      session.bytesOut += call.bytesIn;
      session.bytesIn += call.bytesOut;
      sessions.left(session);
    }
    journal
      .append({ kind: 'answered', personId: session?.personId ?? null, ...call })
      .then(() => drain.wake())
      .catch((err) => ctx.log.error('The end of a call to AWS could not be noted', { err, requestId: call.callId }));
  }

  function refused(refusal: CallRefused): void {
    if (!refusals.take(refusal)) return;
    const { token, call, reason, callId } = refusal;
    const note =
      token && call?.sessionId
        ? journal.append({
            kind: 'called',
            personId: token.personId,
            tokenId: token.id,
            sessionId: call.sessionId,
            shown: call.shown,
            refusal: reason,
          })
        : ctx.audit.append(refusedEvent(refusal));
    note
      .then(() => drain.wake())
      .catch((err) => ctx.log.error('A refused call to AWS could not be noted', { err, requestId: callId }));
  }

  return { opened, finished, refused };
}
