import type { Tx } from '../../db/connect.ts';
import {
  computersLike,
  hasViewed,
  type LogCondition,
  type LogPlace,
  latestEvents,
  peopleLike,
} from '../../db/queries/audit-log.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type WriterId } from '../ids.ts';
import { type AuditFilters, type FilterParams, filterParams, kindsOf, readAuditFilters } from './filters.ts';
import { entriesOf, type LogEntry } from './log-entry.ts';

const pageSize = 50;
const longestPage = 200;
// No sign-in lives longer, so this reaches back to its beginning.
const viewingMs = 12 * 3_600_000;

/** `filters` as an address carries them; `cursor` is the `next` of the page before. */
export type ListLogInput = { filters?: FilterParams; cursor?: string; limit?: number };

/**
 * The audit log, the latest first. Opening a filter is itself written down, before anything of it is shown; turning its
 * pages is not: who looked at what is the evidence, and a line for each page would bury it. A page that is asked for
 * without the filter having been opened counts as opening it.
 */
export async function listLog(
  ctx: Context,
  actor: Actor,
  { filters: params = {}, cursor, limit = pageSize }: ListLogInput = {},
): Promise<Outcome<{ rows: LogEntry[]; next?: string }>> {
  const decision = decide('read-audit', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const read = readAuditFilters(params);
  if (!read.ok) return read;
  const filters = read.value;
  const before = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && !before) return noSuchPage();
  await recordViewing(ctx, actor, filters, before !== undefined);
  const { db } = ctx.connection;
  const size = Math.min(Math.max(1, Math.trunc(limit) || pageSize), longestPage);
  const found = await latestEvents(db, await conditionOf(db, filters), { before, limit: size + 1 });
  if (!found) return noSuchPage();
  const rows = await entriesOf(db, found.slice(0, size));
  const last = rows.at(-1);
  return ok(found.length > size && last ? { rows, next: `${last.writerId}.${last.seq}` } : { rows });
}

async function recordViewing(ctx: Context, actor: Actor, filters: AuditFilters, isLaterPage: boolean): Promise<void> {
  const actorId = actor.person.id;
  const params = filterParams(filters);
  const since = new Date(ctx.clock.now().getTime() - viewingMs);
  if (isLaterPage && (await hasViewed(ctx.connection.db, { kind: 'audit.viewed', actorId, filters: params, since })))
    return;
  await ctx.audit.append({ kind: 'audit.viewed', actorId, subject: { filters: params } });
}

/** What the filters mean in the database of this moment. */
export async function conditionOf(tx: Tx, filters: AuditFilters): Promise<LogCondition> {
  const { kind, person, session, computer, from, until, text } = filters;
  return {
    kinds: kind && kindsOf(kind),
    people: person === undefined ? undefined : await peopleLike(tx, person),
    sessionId: session,
    computers: computer === undefined ? undefined : await computersLike(tx, computer),
    from,
    until,
    text,
  };
}

function placeOf(cursor: string): LogPlace | undefined {
  const [, writerId = '', seq] = /^([0-9a-f-]{36})\.(\d{1,15})$/.exec(cursor) ?? [];
  return isUuid(writerId) ? { writerId: writerId as WriterId, seq: Number(seq) } : undefined;
}

function noSuchPage(): Outcome<never> {
  return refuse('invalid_input', { problem: 'This page of the log does not exist. Start again from the latest.' });
}
