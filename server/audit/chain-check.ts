import { z } from 'zod';
import { type ChainRow, emptyHead, type Head, hashOfEvent } from './chain.ts';

/** `missing`: it does not follow the row before. `altered`: the row is not what was written. `anchor`: others saw another row there. */
export type Broken = { writerId: string; seq: number; problem: 'missing' | 'altered' | 'anchor' };

export type ChainReport = { writers: number; events: number; broken: Broken[] };

/** Where some chain stood, as another one noted it; hash in hex. */
export type Anchored = { writerId: string; seq: number; hash: string };

export type ChainCheck = {
  /** Rows come writer by writer, in the order of their chains. */
  row(row: ChainRow): void;
  report(broken: Broken): void;
  result(): ChainReport;
};

/**
 * Follows chains row by row and keeps the first broken row of each writer. In a part of the log (`isPart`) rows may be
 * missing between others; then each row is checked for itself, and against its neighbour where that is there.
 */
export function createChainCheck({ isPart = false } = {}): ChainCheck {
  const first = new Map<string, Broken>();
  const heads = new Map<string, Head>();
  let events = 0;

  function report(broken: Broken): void {
    const known = first.get(broken.writerId);
    if (!known || broken.seq < known.seq) first.set(broken.writerId, broken);
  }

  return {
    report,
    row(row) {
      const { writerId, seq, hash } = row;
      const problem = problemOf(row, heads.get(writerId) ?? emptyHead, isPart);
      if (problem) report({ writerId, seq, problem });
      heads.set(writerId, { seq, hash });
      events += 1;
    },
    result: () => ({ writers: heads.size, events, broken: [...first.values()] }),
  };
}

function problemOf(row: ChainRow, head: Head, isPart: boolean): Broken['problem'] | undefined {
  const isNext = row.seq === head.seq + 1;
  const isLater = row.seq > head.seq;
  if (!(isNext || (isPart && isLater))) return 'missing';
  const follows = !isNext || Buffer.compare(row.previousHash, head.hash) === 0;
  const intact = Buffer.compare(row.hash, hashOfEvent(row.previousHash, row)) === 0;
  return follows && intact ? undefined : 'altered';
}

// Read as carefully as input: whoever tampers with rows may have left anything here. Such a row is reported as altered.
const AnchorSubjectSchema = z.object({
  heads: z.array(z.object({ writerId: z.guid(), seq: z.int().positive(), hash: z.string() })),
});

/** What a row says of other chains; nothing for most. */
export function anchorsIn({ kind, subject }: Pick<ChainRow, 'kind' | 'subject'>): Anchored[] {
  if (kind !== 'audit.anchored') return [];
  return AnchorSubjectSchema.safeParse(subject).data?.heads ?? [];
}
