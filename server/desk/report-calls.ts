import { z } from 'zod';
import { listRefusedCalls, sumOperations } from '../../db/queries/aws-calls.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { reportFormats } from '../protocol/aws-words.ts';
import { writeCsv } from '../protocol/csv.ts';
import { findSeen } from './list-calls.ts';

export const ReportCallsInputSchema = z.object({
  sessionId: z.uuid('Choose a session from the list.').transform((id) => id.toLowerCase() as SessionId),
  format: z.enum(reportFormats),
});

const mostRefusals = 10_000;

/** What a session called, operation by operation, as a file: a table, or with what was refused as JSON. */
export async function reportCalls(
  ctx: Context,
  actor: Actor,
  { sessionId, format }: z.output<typeof ReportCallsInputSchema>,
): Promise<Outcome<{ name: string; text: string }>> {
  const session = await findSeen(ctx, actor, sessionId);
  if (!session) return refuse('not_found');
  const { db } = ctx.connection;
  const operations = await sumOperations(db, session.id);
  const name = `aws-calls-${session.id}.${format}`;
  if (format === 'csv') return ok({ name, text: writeCsv([columns, ...operations.map(cellsOf)]) });
  const { id, person, target, token, state, endReason, openedAt, endedAt, calls, bytesOut, bytesIn } = session;
  const refusals = await listRefusedCalls(db, session.id, mostRefusals);
  const of = { id, person: person.name, email: person.email, record: target, token: token?.name ?? null };
  const times = { openedAt, endedAt, state, endReason };
  const report = { session: { ...of, ...times, calls, bytesOut, bytesIn }, operations, refusals };
  return ok({ name, text: `${JSON.stringify(report, null, 2)}\n` });
}

type Sum = Awaited<ReturnType<typeof sumOperations>>[number];

const columns = [
  'operation',
  'region',
  'calls',
  'refused',
  'failed',
  'bytes received',
  'bytes sent',
  'median ms',
  'slowest ms',
  'first (UTC)',
  'last (UTC)',
];

function cellsOf(sum: Sum): string[] {
  const { operation, region, calls, refused, failed, bytesOut, bytesIn, medianMs, slowestMs, firstAt, lastAt } = sum;
  const cells = [operation, region, calls, refused, failed, bytesOut, bytesIn, medianMs, slowestMs, firstAt, lastAt];
  return cells.map((cell) => (cell === null ? '' : String(cell)));
}
