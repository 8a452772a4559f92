import { and, asc, desc, eq, gte, inArray, isNull, lt, notInArray, or, type SQL, sql } from 'drizzle-orm';
import type { PersonId, SessionId, WriterId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { auditEvents, computers, people, sessions } from '../schema.ts';
import type { AuditRow } from './audit.ts';

/** Which events of the log; all conditions together. What names nothing finds nothing. */
export type LogCondition = {
  kinds?: readonly string[];
  people?: FoundPeople;
  sessionId?: SessionId;
  computers?: FoundComputers;
  from?: Date;
  until?: Date;
  /** Part of what was written down, in any case. */
  text?: string;
};

export type FoundPeople = { ids: string[]; emails: string[] };
export type FoundComputers = { ids: number[]; places: string[] };

/** An event by its place in its chain. */
export type LogPlace = { writerId: WriterId; seq: number };

/**
 * Events, the latest first, before the one at `before`. Two of the same moment follow the order of their chains, so
 * that the pages of a log that grows meanwhile hold every event once. `undefined` when there is none at `before`.
 */
export async function latestEvents(
  tx: Tx,
  condition: LogCondition,
  { before, limit }: { before?: LogPlace; limit: number },
): Promise<AuditRow[] | undefined> {
  const { at, writerId, seq } = auditEvents;
  let earlier: SQL | undefined;
  if (before) {
    // As text, because a moment of the database is finer than a Date.
    const [last] = await tx
      .select({ at: sql<string>`${at}::text` })
      .from(auditEvents)
      .where(and(eq(writerId, before.writerId), eq(seq, before.seq)));
    if (!last) return undefined;
    earlier = sql`(${at}, ${writerId}, ${seq}) < (${last.at}::timestamptz, ${before.writerId}::uuid, ${before.seq}::bigint)`;
  }
  return tx
    .select()
    .from(auditEvents)
    .where(and(earlier, whereOf(tx, condition)))
    .orderBy(desc(at), desc(writerId), desc(seq))
    .limit(limit);
}

/** Events in the order of their chains, after the one at `after`. */
export async function eventsInChains(
  tx: Tx,
  condition: LogCondition,
  { after, limit }: { after?: LogPlace; limit: number },
): Promise<AuditRow[]> {
  const { writerId, seq } = auditEvents;
  const later = after && sql`(${writerId}, ${seq}) > (${after.writerId}::uuid, ${after.seq}::bigint)`;
  return tx
    .select()
    .from(auditEvents)
    .where(and(later, whereOf(tx, condition)))
    .orderBy(asc(writerId), asc(seq))
    .limit(limit);
}

export type ChainEnd = { writerId: WriterId; seq: number; hash: string };

/** Where every chain ends at this moment, hash in hex. */
export async function chainEnds(tx: Tx): Promise<ChainEnd[]> {
  const rows = await tx.execute<{ writer_id: WriterId; seq: string | number; hash: string }>(sql`
    with recursive writers as (
      (select writer_id from audit_events order by writer_id limit 1)
      union all
      select (select e.writer_id from audit_events e where e.writer_id > writers.writer_id order by e.writer_id limit 1)
      from writers where writers.writer_id is not null
    )
    select last.writer_id, last.seq, encode(last.hash, 'hex') as hash
    from writers cross join lateral (
      select e.writer_id, e.seq, e.hash from audit_events e where e.writer_id = writers.writer_id order by e.seq desc limit 1
    ) last`);
  return rows.map((row) => ({ writerId: row.writer_id, seq: Number(row.seq), hash: row.hash }));
}

/** What is asked for by filters, and noted once for each of them. */
type FilteredKind = 'audit.viewed' | 'recording.searched';

/** Whether this person opened exactly these filters since then. */
export async function hasViewed(
  tx: Tx,
  {
    kind,
    actorId,
    filters,
    since,
  }: { kind: FilteredKind; actorId: PersonId; filters: Record<string, string>; since: Date },
): Promise<boolean> {
  const [found] = await tx
    .select({ seq: auditEvents.seq })
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.actorId, actorId),
        eq(auditEvents.kind, kind),
        isNull(auditEvents.sessionId),
        gte(auditEvents.at, since),
        sql`${auditEvents.subject} -> 'filters' = ${JSON.stringify(filters)}::jsonb`,
      ),
    )
    .limit(1);
  return found !== undefined;
}

/** People whose id it is, or who have it in their name or email. */
export async function peopleLike(tx: Tx, text: string): Promise<FoundPeople> {
  const found = await tx
    .select({ id: people.id, email: people.email })
    .from(people)
    .where(or(sql`${people.id}::text = lower(${text})`, contains(people.name, text), contains(people.email, text)));
  return { ids: found.map(({ id }) => id), emails: found.map(({ email }) => email.toLowerCase()) };
}

/** Computers whose id it is, or who have it in their name. */
export async function computersLike(tx: Tx, text: string): Promise<FoundComputers> {
  const found = await tx
    .select({ id: computers.id, server: computers.server, port: computers.port })
    .from(computers)
    .where(or(sql`${computers.id}::text = ${text}`, contains(computers.name, text)));
  return { ids: found.map(({ id }) => id), places: found.map(({ server, port }) => placeOf(server, port)) };
}

const placeOf = (server: string, port: number) => `${server} ${port}`;

function whereOf(tx: Tx, condition: LogCondition): SQL | undefined {
  const { kinds, sessionId, from, until, text } = condition;
  return and(
    kinds && inArray(auditEvents.kind, [...kinds]),
    condition.people && concernsPeople(condition.people),
    sessionId && eq(auditEvents.sessionId, sessionId),
    condition.computers && concernsComputers(tx, condition.computers),
    from && gte(auditEvents.at, from),
    until && lt(auditEvents.at, until),
    text ? holdsText(text, kinds) : undefined,
  );
}

const { subject } = auditEvents;

/** Readings of the log and searches hold what was searched for: unless their kind is asked for, a search would only ever find itself. */
function holdsText(text: string, kinds: readonly string[] | undefined): SQL | undefined {
  // Inside JSON some characters are written otherwise.
  const found = contains(sql`${subject}::text`, JSON.stringify(text).slice(1, -1));
  return and(
    found,
    kinds ? undefined : notInArray(auditEvents.kind, ['audit.viewed', 'audit.exported', 'recording.searched']),
  );
}

/** What they did, what was done to them, and sign-ins that failed under their email. */
function concernsPeople({ ids, emails }: FoundPeople): SQL | undefined {
  if (ids.length === 0) return sql`false`;
  const all = sql`${sql.param(ids)}::text[]`;
  return or(
    sql`${auditEvents.actorId} = any(${sql.param(ids)}::uuid[])`,
    sql`${subject} ->> 'personId' = any(${all})`,
    and(
      eq(auditEvents.kind, 'group.members_changed'),
      or(sql`${subject} -> 'added' ?| ${all}`, sql`${subject} -> 'removed' ?| ${all}`),
    ),
    sql`lower(${subject} ->> 'email') = any(${sql.param(emails)}::text[])`,
  );
}

/** What was done to them or at their address, and all of the sessions on them. */
function concernsComputers(tx: Tx, { ids, places }: FoundComputers): SQL | undefined {
  if (ids.length === 0) return sql`false`;
  const theirs = tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(inArray(sessions.computerId, ids as never[]));
  return or(
    sql`${subject} ->> 'computerId' = any(${sql.param(ids.map(String))}::text[])`,
    sql`(${subject} ->> 'server') || ' ' || (${subject} ->> 'port') = any(${sql.param(places)}::text[])`,
    inArray(auditEvents.sessionId, theirs),
  );
}

function contains(column: SQL | typeof people.name | typeof people.email | typeof computers.name, text: string): SQL {
  return sql`${column} ilike ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}`;
}
