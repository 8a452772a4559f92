import { type AwsCallRow, listCallsOf } from '../../db/queries/aws-calls.ts';
import { findDeskSession } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type AwsCallId, isUuid, type SessionId } from '../ids.ts';
import type { CallFilter } from '../protocol/aws-words.ts';
import { cleanSearch } from '../protocol/list-query.ts';
import { factsOf } from './session-row.ts';

export const callsPerPage = 100;

/** A call as the timeline of its session shows it. Bytes out are those that its person got. */
export type CallRow = Omit<AwsCallRow, 'sessionId'>;

/** `cursor` is the `next` of the page before. */
export type ListCallsInput = { sessionId: SessionId; search?: string; only?: CallFilter; cursor?: string };

/** The calls of a session, the latest first, for whoever may see it. */
export async function listCalls(
  ctx: Context,
  actor: Actor,
  { sessionId, search = '', only, cursor }: ListCallsInput,
): Promise<Outcome<{ rows: CallRow[]; next?: string }>> {
  const session = await findSeen(ctx, actor, sessionId);
  if (!session) return refuse('not_found');
  if (cursor !== undefined && !isUuid(cursor)) {
    return refuse('invalid_input', { problem: 'This page of the list does not exist. Start again from the first.' });
  }
  const found = await listCallsOf(ctx.connection.db, session.id, {
    search: cleanSearch(search),
    ...(only && { only }),
    ...(cursor !== undefined && { before: cursor as AwsCallId }),
    limit: callsPerPage + 1,
  });
  const rows = found
    .slice(0, callsPerPage)
    .map(({ sessionId: _, bytesIn: bytesOut, bytesOut: bytesIn, ...row }) => ({ ...row, bytesOut, bytesIn }));
  const last = rows.at(-1);
  return ok(found.length > callsPerPage && last ? { rows, next: last.id } : { rows });
}

/** A session of calls that the actor may see. */
export async function findSeen(ctx: Context, actor: Actor, sessionId: SessionId) {
  const session = isUuid(sessionId) ? await findDeskSession(ctx.connection.db, sessionId) : undefined;
  if (session?.mode !== 'AWS') return undefined;
  const decision = decide('see-session', { ...actor, session: factsOf(session) }, ctx.clock.now());
  return decision.allow ? session : undefined;
}
