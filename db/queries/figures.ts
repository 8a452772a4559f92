import { sql } from 'drizzle-orm';
import type { Tx } from '../connect.ts';
import { jobs, recordings } from '../schema.ts';

/** Background work by kind and state, with the attempts at it. */
export function countJobs(tx: Tx) {
  return tx
    .select({
      kind: jobs.kind,
      state: jobs.state,
      count: sql<number>`count(*)::int`,
      attempts: sql<number>`sum(${jobs.attempts})::int`,
      mostAttempts: sql<number>`max(${jobs.attempts})::int`,
    })
    .from(jobs)
    .groupBy(jobs.kind, jobs.state)
    .orderBy(jobs.kind, jobs.state);
}

/** Bytes of the recordings that are kept, and how many closed ones are not known to play. */
export async function countRecordings(
  tx: Tx,
): Promise<{ bytes: number; unplayable: number; unchecked: number; failed: number }> {
  const isClosed = sql`${recordings.state} in ('sealed', 'failed')`;
  const [found] = await tx
    .select({
      bytes: sql<string>`coalesce(sum(${recordings.bytes} + ${recordings.indexBytes}) filter (where ${recordings.state} <> 'deleted'), 0)`,
      unplayable: sql<number>`(count(*) filter (where ${isClosed} and ${recordings.playable} = 'unplayable'))::int`,
      unchecked: sql<number>`(count(*) filter (where ${recordings.state} = 'sealed' and ${recordings.playable} = 'unknown'))::int`,
      failed: sql<number>`(count(*) filter (where ${recordings.state} = 'failed' and ${recordings.playable} = 'unknown'))::int`,
    })
    .from(recordings);
  const { bytes = '0', unplayable = 0, unchecked = 0, failed = 0 } = found ?? {};
  return { bytes: Number(bytes), unplayable, unchecked, failed };
}
