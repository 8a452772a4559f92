import { listHeads } from '../../db/queries/audit.ts';
import type { Context } from '../context.ts';
import type { WriterId } from '../ids.ts';
import type { AnchorFile } from './anchor-file.ts';
import { anchorOutside } from './anchor-outside.ts';

const defaultEveryMs = 60_000;
// Each start of a process is a writer. Those of long ago were anchored while they wrote.
const writersLookedAt = 200;

/**
 * Writes down where the other writers' chains stand, now and every minute. Whoever later cuts the end of a chain would
 * have to rewrite all the chains that saw it, and the file outside the database, where one is given, which gets what
 * moved a last time when this is stopped. Writes nothing while nothing but anchors was written.
 */
export function startAnchoring(
  ctx: Context,
  { everyMs = defaultEveryMs, outside }: { everyMs?: number; outside?: AnchorFile } = {},
): { stop(): Promise<void> } {
  const anchored = new Map<string, number>();
  const alarmed = new Set<WriterId>();
  let running = Promise.resolve();
  const toFile = async () => {
    if (outside) await anchorOutside(ctx, outside, alarmed);
  };
  const failedOutside = (err: unknown) =>
    ctx.log.error('The anchor file could not be written; next try soon.', { err });
  const anchor = () => {
    running = running
      .then(() => anchorOnce(ctx, anchored))
      .catch((err: unknown) => ctx.log.warn('The audit chains could not be cross-anchored; next try soon.', { err }))
      .then(toFile)
      .catch(failedOutside);
  };
  anchor();
  const timer = setInterval(anchor, everyMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return running.then(toFile).catch(failedOutside);
    },
  };
}

/** Anchors what moved since `anchored` (last `seq` seen of each writer), which it brings up to date. */
export async function anchorOnce(ctx: Context, anchored: Map<string, number>): Promise<void> {
  const heads = await listHeads(ctx.connection.db, writersLookedAt);
  const moved = heads.filter(
    ({ writerId, seq }) => writerId !== ctx.audit.writerId && seq > (anchored.get(writerId) ?? 0),
  );
  if (moved.length === 0) return;
  await ctx.audit.append({ kind: 'audit.anchored', subject: { heads: moved } });
  for (const { writerId, seq } of moved) anchored.set(writerId, seq);
}
