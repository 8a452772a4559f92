import { z } from 'zod';
import type { Db, Tx } from '../../db/connect.ts';
import { type AuditRow, hashesAt, pageOfChains } from '../../db/queries/audit.ts';
import { emptyHead, type Head, hashOfEvent } from './chain.ts';

/** `missing`: rows before this one are gone. `altered`: the row is not what was written. `anchor`: see `seq` of another writer. */
export type Broken = { writerId: string; seq: number; problem: 'missing' | 'altered' | 'anchor' };

export type ChainReport = { writers: number; events: number; broken: Broken[] };

const pageSize = 1000;

/**
 * Reads all audit events and names the first broken row of each writer. A chain that was cut at its end shows by the
 * anchors that other writers took of it: then the first row that is missing or differs from its anchor is named.
 */
export async function verifyAuditChains(db: Db): Promise<ChainReport> {
  // One snapshot, so that an anchor never names a row newer than what was read.
  return db.transaction((tx) => verify(tx), { isolationLevel: 'repeatable read', accessMode: 'read only' });
}

async function verify(tx: Tx): Promise<ChainReport> {
  const first = new Map<string, Broken>();
  const report = (broken: Broken) => {
    const known = first.get(broken.writerId);
    if (!known || broken.seq < known.seq) first.set(broken.writerId, broken);
  };
  const heads = new Map<string, Head>();
  let events = 0;
  let last: AuditRow | undefined;
  do {
    const page: AuditRow[] = await pageOfChains(tx, last, pageSize);
    for (const row of page) {
      const problem = problemOf(row, heads.get(row.writerId) ?? emptyHead);
      if (problem) report({ writerId: row.writerId, seq: row.seq, problem });
      heads.set(row.writerId, { seq: row.seq, hash: row.hash });
    }
    for (const broken of await brokenAnchors(tx, page)) report(broken);
    events += page.length;
    last = page.at(-1);
  } while (last);
  return { writers: heads.size, events, broken: [...first.values()] };
}

function problemOf(row: AuditRow, head: Head): Broken['problem'] | undefined {
  if (row.seq !== head.seq + 1) return 'missing';
  const follows = Buffer.compare(row.previousHash, head.hash) === 0;
  const intact = Buffer.compare(row.hash, hashOfEvent(row.previousHash, row)) === 0;
  return follows && intact ? undefined : 'altered';
}

// Read as carefully as input: whoever tampers with rows may have left anything here. Such a row is reported as altered.
const AnchorSubjectSchema = z.object({
  heads: z.array(z.object({ writerId: z.guid(), seq: z.int().positive(), hash: z.string() })),
});

async function brokenAnchors(tx: Tx, page: readonly AuditRow[]): Promise<Broken[]> {
  const anchored = page
    .filter((row) => row.kind === 'audit.anchored')
    .flatMap((row) => AnchorSubjectSchema.safeParse(row.subject).data?.heads ?? []);
  const found = await hashesAt(tx, anchored);
  return anchored
    .filter(({ writerId, seq, hash }) => found.get(`${writerId}/${seq}`) !== hash)
    .map(({ writerId, seq }) => ({ writerId, seq, problem: 'anchor' }));
}
