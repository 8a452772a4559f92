import { findCallSessionsLeftBehind, findUnfinishedCalls } from '../../db/queries/aws-calls.ts';
import { markEnded } from '../../db/queries/sessions.ts';
import type { Context } from '../context.ts';
import { writeCalls } from './write-calls.ts';

/** Ends the sessions of calls that an earlier process held. Only for the one that holds them all. */
export async function endLeftBehind(ctx: Context): Promise<void> {
  for (const { sessionId, personId } of await findCallSessionsLeftBehind(ctx.connection.db, ctx.audit.writerId)) {
    await ctx.audit.transact(async (tx, record) => {
      const ending = await markEnded(tx, sessionId, { reason: 'crashed', endedAt: ctx.clock.now() });
      const subject = { reason: 'crashed', calls: 0, bytesOut: 0, bytesIn: 0 };
      if (ending) record({ kind: 'aws.session_ended', actorId: personId, sessionId, subject });
    });
  }
}

const perSweep = 500;

/** Calls whose process stopped before it could say how they ended get an end that says so. */
export async function finishUnfinished(ctx: Context, ageMs: number): Promise<void> {
  try {
    const at = ctx.clock.now();
    const lost = await findUnfinishedCalls(ctx.connection.db, new Date(at.getTime() - ageMs), perSweep);
    const unknown = { at, bytesIn: 0, bytesOut: 0, problem: 'not_known' };
    if (lost.length > 0)
      await writeCalls(
        ctx,
        lost.map(({ id: callId, ...whose }) => ({ kind: 'answered', callId, ...whose, ...unknown })),
      );
  } catch (err) {
    ctx.log.error('Calls to AWS without an end could not be finished', { err });
  }
}
