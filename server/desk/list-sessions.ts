import { listDeskSessions } from '../../db/queries/desk-sessions.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { cleanSearch } from '../protocol/list-query.ts';
import type { RecordingFilter, SessionMode, SessionState } from '../protocol/session-words.ts';
import { rightsOn, type SessionRights } from './session-row.ts';

const pageSize = 50;
const longestPage = 200;

/** A session as the list of the desk shows it. */
export type SessionRow = Awaited<ReturnType<typeof listDeskSessions>>[number] & SessionRights;

/** `cursor` is the `next` of the page before. */
export type ListSessionsInput = {
  cursor?: string;
  limit?: number;
  search?: string;
  state?: SessionState;
  mode?: SessionMode;
  recording?: RecordingFilter;
};

/** Sessions, the latest first: all of them for auditors and administrators, their own for everybody else. */
export async function listSessions(
  ctx: Context,
  actor: Actor,
  { cursor, limit = pageSize, search = '', state, mode, recording }: ListSessionsInput = {},
): Promise<Outcome<{ rows: SessionRow[]; next?: string }>> {
  const decision = decide('list-sessions', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  if (cursor !== undefined && !isUuid(cursor)) {
    return refuse('invalid_input', { problem: 'This page of the list does not exist. Start again from the first.' });
  }
  const size = Math.min(Math.max(1, Math.trunc(limit) || pageSize), longestPage);
  const found = await listDeskSessions(ctx.connection.db, {
    personId: decision.scope === 'own' ? actor.person.id : undefined,
    search: cleanSearch(search),
    state,
    mode,
    recording,
    before: cursor as SessionId | undefined,
    limit: size + 1,
  });
  const rows = found.slice(0, size).map((session) => ({ ...session, ...rightsOn(ctx, actor, session) }));
  const last = rows.at(-1);
  return ok(found.length > size && last ? { rows, next: last.id } : { rows });
}
