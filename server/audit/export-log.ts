import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type ChainEnd,
  chainEnds,
  eventsInChains,
  type LogCondition,
  type LogPlace,
} from '../../db/queries/audit-log.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { headerLine, rowLine } from './export-format.ts';
import { type FilterParams, filterParams, readAuditFilters } from './filters.ts';
import { conditionOf } from './list-log.ts';

// Small, because the gateway has sessions to carry in the same process.
const rowsPerTurn = 200;

/**
 * The log as text, piece by piece, each read when the one before was taken: whoever reads slowly holds neither memory
 * nor a connection. That it was exported is written down before the first piece, and is part of it.
 */
export async function exportLog(
  ctx: Context,
  actor: Actor,
  { filters: given }: { filters: FilterParams },
): Promise<Outcome<AsyncIterable<string>>> {
  const decision = decide('read-audit', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const read = readAuditFilters(given);
  if (!read.ok) return read;
  const params = filterParams(read.value);
  await ctx.audit.append({ kind: 'audit.exported', actorId: actor.person.id, subject: { filters: params } });
  const { db } = ctx.connection;
  const condition = await conditionOf(db, read.value);
  const ends = await chainEnds(db);
  const exportedAt = ctx.clock.now().toISOString();
  return ok(piecesOf(ctx, headerLine({ exportedAt, filters: params, heads: ends }), { condition, ends }));
}

type Wanted = { condition: LogCondition; ends: readonly ChainEnd[] };

async function* piecesOf(ctx: Context, header: string, { condition, ends }: Wanted): AsyncGenerator<string> {
  yield header;
  // Rows written meanwhile are left out, so that the header tells where every chain of the export ends.
  const lastOf = new Map(ends.map(({ writerId, seq }) => [writerId, seq]));
  let after: LogPlace | undefined;
  do {
    const page = await eventsInChains(ctx.connection.db, condition, { after, limit: rowsPerTurn });
    const lines = page.filter(({ writerId, seq }) => seq <= (lastOf.get(writerId) ?? 0)).map(rowLine);
    if (lines.length > 0) yield lines.join('');
    after = page.at(-1);
    await nextTurn();
  } while (after);
}
