import { and, asc, eq, gte, inArray, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import type { PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { computers, people, recordings, recordingTexts, sessions } from '../schema.ts';
import { wasCancelled } from '../violated-constraint.ts';

/**
 * Marks beside the text of a session, as rows without text: that it was gathered, and from when on (their `elapsedMs`)
 * there was more than is kept.
 */
const marks = { gathered: -1, leftOut: -2 } as const;

const insertedAtOnce = 1000;

/** Whether the text of a session was gathered, be it none. */
export async function hasTexts(tx: Tx, sessionId: SessionId): Promise<boolean> {
  const isMark = and(eq(recordingTexts.sessionId, sessionId), eq(recordingTexts.seq, marks.gathered));
  return (await tx.$count(recordingTexts, isMark)) === 1;
}

/** As `GatheredText` of `server/recording`. */
export type KeptText = {
  lines: readonly { elapsedMs: number; text: string }[];
  leftOutFromMs: number | undefined;
};

/**
 * Keeps the text of a session, once: after that, and for a recording that was deleted meanwhile, nothing happens. The
 * prints of its secrets have then done what they were made for, and go. Within a transaction.
 */
export async function keepTexts(tx: Tx, sessionId: SessionId, { lines, leftOutFromMs }: KeptText): Promise<void> {
  const [there] = await tx
    .select({ sessionId: recordings.sessionId })
    .from(recordings)
    .where(and(eq(recordings.sessionId, sessionId), ne(recordings.state, 'deleted')))
    .for('update');
  if (!there || (await hasTexts(tx, sessionId))) return;
  for (let from = 0; from < lines.length; from += insertedAtOnce) {
    const some = lines.slice(from, from + insertedAtOnce);
    await tx.execute(sql`
      insert into recording_texts (session_id, seq, elapsed_ms, text)
      select ${sessionId}::uuid, ${from}::int + n - 1, elapsed_ms, text
      from unnest(
        ${sql.param(some.map(({ elapsedMs }) => elapsedMs))}::bigint[],
        ${sql.param(some.map(({ text }) => text))}::text[]
      ) with ordinality as line (elapsed_ms, text, n)`);
  }
  const mark = { sessionId, text: '' };
  await tx.insert(recordingTexts).values({ ...mark, seq: marks.gathered, elapsedMs: 0 });
  if (leftOutFromMs !== undefined) {
    await tx.insert(recordingTexts).values({ ...mark, seq: marks.leftOut, elapsedMs: Math.floor(leftOutFromMs) });
  }
  await tx.update(recordings).set({ secretPrints: [] }).where(eq(recordings.sessionId, sessionId));
}

/** A line that was found in one session. */
export type FoundLine = { seq: number; elapsedMs: number; text: string };

/** Lines of one session that hold this text, in any case, in the order of time. */
export async function linesOf(
  tx: Tx,
  sessionId: SessionId,
  { text, limit }: { text: string; limit: number },
): Promise<FoundLine[]> {
  const { seq, elapsedMs } = recordingTexts;
  return tx
    .select({ seq, elapsedMs, text: recordingTexts.text })
    .from(recordingTexts)
    .where(and(eq(recordingTexts.sessionId, sessionId), gte(seq, 0), holds(recordingTexts.text, text)))
    .orderBy(asc(seq))
    .limit(limit);
}

/** What can be searched of a session: nothing yet, all, or not all from a moment on. */
export async function textStateOf(tx: Tx, sessionId: SessionId) {
  const { seq, elapsedMs } = recordingTexts;
  const rows = await tx
    .select({ seq, elapsedMs })
    .from(recordingTexts)
    .where(and(eq(recordingTexts.sessionId, sessionId), lt(seq, 0)));
  const leftOut = rows.find((row) => row.seq === marks.leftOut);
  return { isGathered: rows.length > 0, leftOutFromMs: leftOut?.elapsedMs };
}

/** Which recordings are searched. */
export type TextCondition = {
  text: string;
  /** Nobody's own. */
  notOf: PersonId;
  people?: readonly string[] | undefined;
  computers?: readonly number[] | undefined;
  /** Moments at which the text stood there; the second is the first that is too late. */
  from?: Date | undefined;
  until?: Date | undefined;
};

/** A line by its place. */
export type TextPlace = { sessionId: SessionId; seq: number };

/**
 * So many of the latest lines are looked through one by one. What is common is found among them; what is not is rare
 * enough to be found by its trigrams. Either alone would take seconds for what suits the other.
 */
const lookedThrough = 10_000;
/** What is common everywhere but where it is looked for has no bound but this; others need the database as well. */
const longestSearchMs = 10_000;

type TextPage = { after?: TextPlace | undefined; limit: number; withinMs?: number };

/**
 * Lines that hold the text, the latest sessions first and each from its end, after the one at `after`; `too long`: the
 * database would be at it for longer than `withinMs`.
 */
export async function findTexts(
  tx: Tx,
  condition: TextCondition,
  { after, limit, withinMs = longestSearchMs }: TextPage,
): Promise<TextPlace[] | 'too long'> {
  const chosen = chosenSessions(tx, condition, after);
  const isIt = and(holds(sql`line.text`, condition.text), withinMoments(condition));
  const isNext = after && sql`(line.session_id, line.seq) < (${after.sessionId}::uuid, ${after.seq}::int)`;
  const [walk] = await tx.execute<{ looked: number; found: { id: string; seq: number }[] | null }>(sql`
    with chosen as materialized (${chosen}),
    line as materialized (
      select line.*, chosen.started_at
      from (select * from chosen order by session_id desc) chosen
      cross join lateral (
        select line.session_id, line.seq, line.elapsed_ms, line.text from recording_texts line
        where ${and(sql`line.session_id = chosen.session_id and line.seq >= 0`, isNext)}
        order by line.seq desc
      ) line
      order by chosen.session_id desc, line.seq desc
      limit ${lookedThrough}
    ),
    found as (
      select session_id, seq from line where ${isIt} order by session_id desc, seq desc limit ${limit}
    )
    select (select count(*)::int from line) as looked,
      (select json_agg(json_build_object('id', session_id, 'seq', seq)) from found) as found`);
  const near = (walk?.found ?? []).map(({ id, seq }) => ({ sessionId: id as SessionId, seq }));
  if (near.length === limit || (walk?.looked ?? 0) < lookedThrough) return near;
  const rare = sql`
    with chosen as materialized (${chosen}),
    hit as materialized (
      select line.session_id, line.seq, line.elapsed_ms from recording_texts line
      where ${and(holds(sql`line.text`, condition.text), sql`line.seq >= 0`)}
    )
    select line.session_id, line.seq from hit line join chosen on chosen.session_id = line.session_id
    where ${and(sql`true`, isNext, withinMoments(condition, sql`chosen.started_at`))}
    order by line.session_id desc, line.seq desc limit ${limit}`;
  try {
    const rows = await tx.transaction(async (inner) => {
      await inner.execute(sql`select set_config('statement_timeout', ${String(withinMs)}, true)`);
      return inner.execute<{ session_id: SessionId; seq: number }>(rare);
    });
    return rows.map(({ session_id: sessionId, seq }) => ({ sessionId, seq }));
  } catch (error) {
    if (wasCancelled(error)) return 'too long';
    throw error;
  }
}

export type DescribedText = Awaited<ReturnType<typeof describeTexts>>[number];

/** Found lines for a screen, in the order in which they were found, each with the lines around it. */
export async function describeTexts(tx: Tx, places: readonly TextPlace[]) {
  if (places.length === 0) return [];
  const ids = places.map(({ sessionId }) => sessionId);
  const [rows, about] = await Promise.all([
    tx.execute<{ n: number; seq: number; elapsed_ms: number; text: string }>(sql`
      select place.n::int as n, line.seq, line.elapsed_ms, line.text
      from unnest(${sql.param(ids)}::uuid[], ${sql.param(places.map(({ seq }) => seq))}::int[])
        with ordinality as place (session_id, seq, n)
      join recording_texts line on line.session_id = place.session_id
        and line.seq between greatest(0, place.seq - 1) and place.seq + 1
      order by place.n, line.seq`),
    tx
      .select({
        sessionId: sessions.id,
        startedAt: recordings.startedAt,
        loginSessionId: sessions.loginSessionId,
        state: sessions.state,
        policy: sessions.policy,
        person: { id: people.id, name: people.name },
        computer: { name: computers.name },
      })
      .from(sessions)
      .innerJoin(recordings, eq(recordings.sessionId, sessions.id))
      .innerJoin(people, eq(people.id, sessions.personId))
      .innerJoin(computers, eq(computers.id, sessions.computerId))
      .where(inArray(sessions.id, ids)),
  ]);
  return places.flatMap(({ sessionId, seq }, i) => {
    const lines = rows.filter(({ n }) => n === i + 1);
    const line = lines.find((each) => each.seq === seq);
    const session = about.find((each) => each.sessionId === sessionId);
    if (!line || !session) return [];
    const textAt = (at: number) => lines.find((each) => each.seq === at)?.text;
    const { text, elapsed_ms: elapsedMs } = line;
    return [{ ...session, seq, elapsedMs: Number(elapsedMs), text, before: textAt(seq - 1), after: textAt(seq + 1) }];
  });
}

const mostCounted = 1000;

/** How many closed recordings of others have no text: those that are about to get it, and those that never will. */
export async function countWithoutTexts(
  tx: Tx,
  { notOf }: Pick<TextCondition, 'notOf'>,
): Promise<{ waiting: number; never: number }> {
  const without = tx
    .select({ indexState: recordings.indexState })
    .from(recordings)
    .innerJoin(sessions, eq(sessions.id, recordings.sessionId))
    .leftJoin(
      recordingTexts,
      and(eq(recordingTexts.sessionId, recordings.sessionId), eq(recordingTexts.seq, marks.gathered)),
    )
    .where(
      and(
        inArray(recordings.state, ['sealed', 'failed']),
        ne(sessions.personId, notOf),
        isNull(recordingTexts.sessionId),
      ),
    )
    .limit(mostCounted)
    .as('without');
  const isWaiting = or(eq(without.indexState, 'none'), eq(without.indexState, 'waiting'));
  const [row] = await tx
    .select({ waiting: sql<number>`count(*) filter (where ${isWaiting})::int`, all: sql<number>`count(*)::int` })
    .from(without);
  const { waiting = 0, all = 0 } = row ?? {};
  return { waiting, never: all - waiting };
}

/** Recordings that may hold it, as a query. */
function chosenSessions(tx: Tx, condition: TextCondition, after: TextPlace | undefined) {
  const { notOf, from, until } = condition;
  const { sessionId, startedAt, durationMs } = recordings;
  return tx
    .select({ sessionId, startedAt })
    .from(recordings)
    .innerJoin(sessions, eq(sessions.id, sessionId))
    .where(
      and(
        ne(recordings.state, 'deleted'),
        ne(sessions.personId, notOf),
        condition.people && inArray(sessions.personId, condition.people as PersonId[]),
        condition.computers && inArray(sessions.computerId, condition.computers as never[]),
        until && lt(startedAt, until),
        from && sql`${startedAt} + ${durationMs} * interval '1 millisecond' >= ${from.toISOString()}::timestamptz`,
        after && sql`${sessionId} <= ${after.sessionId}::uuid`,
      ),
    );
}

function withinMoments({ from, until }: TextCondition, startedAt: SQL = sql`line.started_at`): SQL | undefined {
  const at = sql`${startedAt} + line.elapsed_ms * interval '1 millisecond'`;
  return and(
    from && sql`${at} >= ${from.toISOString()}::timestamptz`,
    until && sql`${at} < ${until.toISOString()}::timestamptz`,
  );
}

function holds(column: SQL | typeof recordingTexts.text, text: string): SQL {
  return sql`${column} ilike ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}`;
}
