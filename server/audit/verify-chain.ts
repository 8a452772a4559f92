import type { Db, Tx } from '../../db/connect.ts';
import { type AuditRow, hashesAt, pageOfChains } from '../../db/queries/audit.ts';
import { anchorsIn, type Broken, type ChainReport, createChainCheck } from './chain-check.ts';

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
  const check = createChainCheck();
  let last: AuditRow | undefined;
  do {
    const page: AuditRow[] = await pageOfChains(tx, last, pageSize);
    page.forEach(check.row);
    for (const broken of await brokenAnchors(tx, page)) check.report(broken);
    last = page.at(-1);
  } while (last);
  return check.result();
}

async function brokenAnchors(tx: Tx, page: readonly AuditRow[]): Promise<Broken[]> {
  const anchored = page.flatMap(anchorsIn);
  const found = await hashesAt(tx, anchored);
  return anchored
    .filter(({ writerId, seq, hash }) => found.get(`${writerId}/${seq}`) !== hash)
    .map(({ writerId, seq }) => ({ writerId, seq, problem: 'anchor' }));
}
