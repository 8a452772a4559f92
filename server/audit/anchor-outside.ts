import { hashesAt, listHeads, type WriterHead } from '../../db/queries/audit.ts';
import type { Context } from '../context.ts';
import type { WriterId } from '../ids.ts';
import type { AnchorFile } from './anchor-file.ts';

// As many as the chains of one another note.
const writersLookedAt = 200;

/**
 * Writes what moved in the log, this process's own chain too, into the file outside the database; and raises an alarm for
 * what the file has and the database has no more, once for each writer (`alarmed`).
 */
export async function anchorOutside(ctx: Context, file: AnchorFile, alarmed: Set<WriterId>): Promise<void> {
  const heads = await listHeads(ctx.connection.db, writersLookedAt);
  await alarm(ctx, file, alarmed);
  const moved = heads.filter(({ writerId, seq }) => seq > (file.latest.get(writerId)?.seq ?? 0));
  if (moved.length === 0) return;
  const found = await file.append(ctx.clock.now(), moved);
  if (found === 'as left') return;
  if (found === 'changed') ctx.log.error('Alarm: somebody else wrote to the anchor file of the audit log');
  else await ctx.audit.append({ kind: 'audit.anchor_file_begun', subject: { file: file.path } });
}

async function alarm(ctx: Context, file: AnchorFile, alarmed: Set<WriterId>): Promise<void> {
  const news = (await missingRows(ctx, file)).filter(({ writerId }) => !alarmed.has(writerId));
  const [first] = news;
  if (!first) return;
  const { writerId, seq } = first;
  for (const missing of news) alarmed.add(missing.writerId);
  ctx.log.error('Alarm: the audit log lacks rows that its anchor file has; npm run verify -- audit names them');
  const subject = { writerId, seq, writers: news.length, file: file.path };
  await ctx.audit.append({ kind: 'audit.rows_missing', subject });
}

/** Heads that the file has lately noted, and that are not in the log, or not as they were. */
export async function missingRows(
  { connection }: Pick<Context, 'connection'>,
  { latest }: Pick<AnchorFile, 'latest'>,
): Promise<WriterHead[]> {
  // Ids of writers grow with time.
  const youngest = [...latest.values()].sort((a, b) => (a.writerId < b.writerId ? 1 : -1)).slice(0, writersLookedAt);
  const found = await hashesAt(connection.db, youngest);
  return youngest.filter(({ writerId, seq, hash }) => found.get(`${writerId}/${seq}`) !== hash);
}
