import { countJobs, countRecordings } from '../../db/queries/figures.ts';
import { within } from '../clock.ts';
import type { Context } from '../context.ts';

const answerMs = 5_000;
/** Several who ask at once, or one who asks all the time, cost one reading. */
const freshMs = 5_000;

type StoredFigures = {
  jobs: Awaited<ReturnType<typeof countJobs>>;
  recordedBytes: number;
  notPlayable: { why: 'unplayable' | 'unchecked' | 'failed'; count: number }[];
};

/** Figures that the database knows; rejects when it does not answer in time. */
export function createStoredFigures(ctx: Context): () => Promise<StoredFigures> {
  let last: { atMs: number; figures: Promise<StoredFigures> } | undefined;
  return () => {
    const atMs = performance.now();
    if (!last || atMs - last.atMs > freshMs) last = { atMs, figures: within(answerMs, readStored(ctx)) };
    return last.figures;
  };
}

async function readStored({ connection: { db } }: Context): Promise<StoredFigures> {
  const jobs = await countJobs(db);
  const { bytes, unplayable, unchecked, failed } = await countRecordings(db);
  const notPlayable = Object.entries({ unplayable, unchecked, failed } as const);
  return {
    jobs,
    recordedBytes: bytes,
    notPlayable: notPlayable.map(([why, count]) => ({ why: why as 'unplayable', count })),
  };
}
