import { and, asc, desc, eq, gt, or, sql } from 'drizzle-orm';
import type { SessionId, WriterId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { auditEvents } from '../schema.ts';

export type AuditRow = typeof auditEvents.$inferSelect;

// A statement carries at most 65535 parameters.
const rowsPerInsert = 1000;

export async function insertAuditEvents(tx: Tx, rows: readonly (typeof auditEvents.$inferInsert)[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsPerInsert) {
    await tx.insert(auditEvents).values(rows.slice(from, from + rowsPerInsert));
  }
}

/** The last row of one writer's chain. */
export async function readHead(tx: Tx, writerId: WriterId): Promise<{ seq: number; hash: Uint8Array } | undefined> {
  const [head] = await tx
    .select({ seq: auditEvents.seq, hash: auditEvents.hash })
    .from(auditEvents)
    .where(eq(auditEvents.writerId, writerId))
    .orderBy(desc(auditEvents.seq))
    .limit(1);
  return head;
}

export type WriterHead = { writerId: WriterId; seq: number; hash: string };

/**
 * The last row that is not itself an anchor (or two idle writers would anchor each other's anchors for ever), hash in
 * hex, of the `limit` youngest writers. One step of the index per writer, however long the chains are.
 */
export async function listHeads(tx: Tx, limit: number): Promise<WriterHead[]> {
  const rows = await tx.execute<{ writer_id: WriterId; seq: string | number; hash: string }>(sql`
    with recursive writers as (
      (select writer_id from audit_events order by writer_id desc limit 1)
      union all
      select (select e.writer_id from audit_events e where e.writer_id < writers.writer_id
        order by e.writer_id desc limit 1)
      from writers where writers.writer_id is not null
    )
    select last.writer_id, last.seq, encode(last.hash, 'hex') as hash
    from (select writer_id from writers limit ${limit}) youngest cross join lateral (
      select e.writer_id, e.seq, e.hash from audit_events e
      where e.writer_id = youngest.writer_id and e.kind <> 'audit.anchored' order by e.seq desc limit 1
    ) last`);
  return rows.map((row) => ({ writerId: row.writer_id, seq: Number(row.seq), hash: row.hash }));
}

/** The latest event of a kind, about one session or any. */
export async function lastOfKind(tx: Tx, kind: string, sessionId?: SessionId): Promise<AuditRow | undefined> {
  const [row] = await tx
    .select()
    .from(auditEvents)
    .where(and(eq(auditEvents.kind, kind), sessionId && eq(auditEvents.sessionId, sessionId)))
    .orderBy(desc(auditEvents.at), desc(auditEvents.seq))
    .limit(1);
  return row;
}

/** A page of all events in the order of the chains, after `(writerId, seq)`. */
export async function pageOfChains(
  tx: Tx,
  after: { writerId: WriterId; seq: number } | undefined,
  limit: number,
): Promise<AuditRow[]> {
  const { writerId, seq } = auditEvents;
  const later = after && or(gt(writerId, after.writerId), and(eq(writerId, after.writerId), gt(seq, after.seq)));
  return tx.select().from(auditEvents).where(later).orderBy(asc(writerId), asc(seq)).limit(limit);
}

/** Hashes (hex) of the named rows, by `writerId/seq`; rows that are not there are missing from the answer. */
export async function hashesAt(tx: Tx, places: readonly { writerId: string; seq: number }[]) {
  if (places.length === 0) return new Map<string, string>();
  const tuples = places.map(({ writerId, seq }) => sql`(${writerId}::uuid, ${seq}::bigint)`);
  const rows = await tx
    .select({
      writerId: auditEvents.writerId,
      seq: auditEvents.seq,
      hash: sql<string>`encode(${auditEvents.hash}, 'hex')`,
    })
    .from(auditEvents)
    .where(sql`(${auditEvents.writerId}, ${auditEvents.seq}) in (${sql.join(tuples, sql`, `)})`);
  return new Map(rows.map((row) => [`${row.writerId}/${row.seq}`, row.hash]));
}
