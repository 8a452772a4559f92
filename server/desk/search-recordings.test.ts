/**
 * Contract: an auditor finds text as it stood on the screens of others, in any case, by person, computer and moment, the
 * latest first, page by page, each line once; nobody finds anything of their own sessions, and nobody else finds
 * anything; every search is written down with its words before anything of it is shown; and recordings that were not
 * searched are counted. Five hundred sessions with two thousand lines each are searched without reading them all.
 */
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../db/connect.ts';
import { findTexts, keepTexts } from '../../db/queries/recording-texts.ts';
import { auditEvents, recordings } from '../../db/schema.ts';
import { aComputer, anActor, aRecording, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { newId, type SessionId } from '../ids.ts';
import { SearchRecordingInputSchema, searchRecording, searchRecordings } from './search-recordings.ts';

let database: TestDatabase;
let ctx: Context;
let auditor: Actor;
let ada: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  auditor = await anActor(database.connection.db, ['user', 'auditor'], { name: 'Olga Auditor' });
  ada = await anActor(database.connection.db, ['user'], { name: 'Ada Lovelace' });
});
afterAll(() => database?.close());

const startedAt = new Date('2026-03-01T12:00:00.000Z');
type Recorded = {
  by?: Actor;
  computer?: string;
  startedAt?: Date;
  leftOutFromMs?: number;
  state?: 'sealed' | 'deleted';
};

/** A session whose screen showed these lines, one a second. */
async function recorded(lines: readonly string[], given: Recorded = {}): Promise<SessionId> {
  const { db } = database.connection;
  const session = await aSession(db, given.by ?? ada, {
    state: 'ended',
    endReason: 'exited',
    endedAt: new Date(),
    ...(given.computer && { computerId: (await aComputer(db, { name: given.computer })).id }),
  });
  await aRecording(db, session, {
    state: 'sealed',
    startedAt: given.startedAt ?? startedAt,
    durationMs: lines.length * 1000,
    indexState: 'ready',
  });
  const kept = lines.map((text, n) => ({ elapsedMs: n * 1000, text }));
  await db.transaction((tx) => keepTexts(tx, session.id, { lines: kept, leftOutFromMs: given.leftOutFromMs }));
  if (given.state === 'deleted') {
    const gone = { state: 'deleted', deletedAt: new Date(), deleteReason: 'retention' } as const;
    await db.update(recordings).set(gone).where(eq(recordings.sessionId, session.id));
  }
  return session.id;
}

const search = async (text: string, more: Record<string, string> = {}, by = auditor) =>
  valueIn(await searchRecordings(ctx, by, { filters: { text, ...more } }));

async function searchesOf(actor: Actor) {
  const rows = await database.connection.db
    .select({ subject: auditEvents.subject, sessionId: auditEvents.sessionId })
    .from(auditEvents)
    .where(and(eq(auditEvents.kind, 'recording.searched'), eq(auditEvents.actorId, actor.person.id)))
    .orderBy(auditEvents.writerId, auditEvents.seq);
  return rows.map(({ subject, sessionId }) => ({ ...subject, sessionId }));
}

describe('across all recordings', () => {
  test('a line is found, with the session, its moment, and the lines around it', async () => {
    const id = await recorded(['$ whoami', '$ sudo Rm -rf /srv/orders', 'done'], { computer: 'orders-db' });
    const { hits, next } = await search('rm -RF /srv/ord');
    expect(hits).toEqual([
      {
        sessionId: id,
        personName: 'Ada Lovelace',
        computerName: 'orders-db',
        at: new Date('2026-03-01T12:00:01.000Z'),
        elapsedMs: 1000,
        seq: 1,
        text: '$ sudo Rm -rf /srv/orders',
        before: '$ whoami',
        after: 'done',
        mayCopy: false,
      },
    ]);
    expect(next).toBeUndefined();
  });

  test('what a pattern would mean is plain text', async () => {
    await recorded(['100% of_it \\ here', '100x of-it / here']);
    expect((await search('100% of_it \\ h')).hits.map(({ text }) => text)).toEqual(['100% of_it \\ here']);
    expect((await search('%%%')).hits).toEqual([]);
  });

  test('filters are kept: person, computer, and the moment at which it stood there', async () => {
    const bob = await anActor(database.connection.db, ['user'], { name: 'Bob Filter', email: 'bob@filter.example' });
    const first = await recorded(['filter-me', 'filter-me too'], { by: bob, computer: 'filter-one' });
    const second = await recorded(['filter-me'], { computer: 'filter-two' });
    const sessions = async (more: Record<string, string>) =>
      (await search('filter-me', more)).hits.map(({ sessionId, seq }) => [sessionId, seq]);
    expect(await sessions({})).toHaveLength(3);
    expect(await sessions({ person: 'bob@filter' })).toEqual([
      [first, 1],
      [first, 0],
    ]);
    expect(await sessions({ computer: 'filter-two' })).toEqual([[second, 0]]);
    expect(await sessions({ person: 'nobody at all' })).toEqual([]);
    expect(await sessions({ from: '2026-03-01T12:00:01' })).toEqual([[first, 1]]);
    expect(await sessions({ until: '2026-03-01T12:00:01' })).toEqual([
      [second, 0],
      [first, 0],
    ]);
    expect(await sessions({ from: '2026-03-02' })).toEqual([]);
  });

  test('pages hold every line once, the latest sessions first', async () => {
    const lines = Array.from({ length: 30 }, (_, n) => `page-me ${n}`);
    const ids = [await recorded(lines), await recorded(lines)];
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = valueIn(await searchRecordings(ctx, auditor, { filters: { text: 'page-me' }, cursor }));
      seen.push(...page.hits.map(({ sessionId, seq }) => `${ids.indexOf(sessionId)}.${seq}`));
      cursor = page.next;
    } while (cursor);
    const expected = [1, 0].flatMap((which) => lines.map((_, n) => `${which}.${29 - n}`));
    expect(seen).toEqual(expected);
  });

  test('words that mean nothing, and pages that do not exist, are refused', async () => {
    const refused = async (filters: Record<string, string>, cursor?: string) =>
      searchRecordings(ctx, auditor, { filters, cursor });
    expect(await refused({ text: 'ab' })).toMatchObject({ ok: false, code: 'invalid_input' });
    expect(await refused({ text: 'x'.repeat(201) })).toMatchObject({ ok: false, code: 'invalid_input' });
    expect(await refused({ text: 'long enough', from: 'yesterday' })).toMatchObject({
      ok: false,
      code: 'invalid_input',
    });
    expect(await refused({ text: 'long enough' }, 'nowhere.1')).toMatchObject({ ok: false, code: 'invalid_input' });
    const nothing = valueIn(await searchRecordings(ctx, auditor, {}));
    expect(nothing.hits).toEqual([]);
  });

  test('the words are written down, once for all pages, and again for whoever comes in by a later one', async () => {
    const olga = await anActor(database.connection.db, ['auditor']);
    await recorded(Array.from({ length: 30 }, (_, n) => `note-me ${n}`));
    const first = await search('note-me', { computer: 'c' }, olga);
    const page = { filters: { text: 'note-me', computer: 'c' }, cursor: first.next };
    expect(first.next).toBeDefined();
    valueIn(await searchRecordings(ctx, olga, page));
    expect(await searchesOf(olga)).toEqual([{ filters: { text: 'note-me', computer: 'c' }, sessionId: null }]);
    const ivan = await anActor(database.connection.db, ['auditor']);
    valueIn(await searchRecordings(ctx, ivan, page));
    expect(await searchesOf(ivan)).toHaveLength(1);
    valueIn(await searchRecordings(ctx, ivan, {}));
    expect(await searchesOf(ivan)).toHaveLength(1);
  });

  test('what was deleted is not found, and what was not gathered is counted', async () => {
    const other = await testDatabase();
    await using _ = other;
    const { db } = other.connection;
    const own = other.context();
    const [olga, eve] = [await anActor(db, ['auditor']), await anActor(db)];
    const add = async (by: Actor, given: Partial<typeof recordings.$inferInsert>) => {
      const session = await aSession(db, by, { state: 'ended', endReason: 'exited', endedAt: new Date() });
      await aRecording(db, session, given);
      return session.id;
    };
    const searched = await add(eve, { state: 'sealed', indexState: 'ready' });
    await db.transaction((tx) => keepTexts(tx, searched, { lines: [], leftOutFromMs: undefined }));
    await add(eve, { state: 'sealed', indexState: 'waiting' });
    await add(eve, { state: 'failed', indexState: 'none' });
    await add(eve, { state: 'sealed', indexState: 'ready' });
    await add(eve, { state: 'writing' });
    await add(eve, { state: 'deleted', deletedAt: new Date() });
    await add(olga, { state: 'sealed', indexState: 'ready' });
    const { unsearched } = valueIn(await searchRecordings(own, olga, {}));
    expect(unsearched).toEqual({ waiting: 2, never: 1 });
    await recorded(['deleted-line'], { state: 'deleted' });
    expect((await search('deleted-line')).hits).toEqual([]);
  });
});

describe('attack:', () => {
  test('nobody finds what they did themselves', async () => {
    const own = await recorded(['mine-alone'], { by: auditor });
    expect((await search('mine-alone')).hits).toEqual([]);
    const inOne = await searchRecording(ctx, auditor, { sessionId: own, text: 'mine-alone' });
    expect(inOne).toMatchObject({ ok: false, code: 'own_recording' });
    expect((await search('mine-alone', { person: 'Olga Auditor' })).hits).toEqual([]);
  });

  test.each([['user'], ['admin']] as const)(
    'somebody who is %s and no auditor finds nothing, and is not heard',
    async (role) => {
      const { db } = database.connection;
      const other = await anActor(db, [role]);
      const id = await recorded(['not-for-you']);
      const refusal = await searchRecordings(ctx, other, { filters: { text: 'not-for-you' } });
      expect(refusal).toMatchObject({ ok: false, code: 'forbidden' });
      const inOne = await searchRecording(ctx, other, { sessionId: id, text: 'not-for-you' });
      expect(inOne.ok).toBe(false);
      expect(await searchesOf(other)).toEqual([]);
    },
  );

  test('a cursor into a session of their own leads nowhere', async () => {
    const own = await recorded(['cursor-line'], { by: auditor });
    const filters = { text: 'cursor-line' };
    expect(valueIn(await searchRecordings(ctx, auditor, { filters, cursor: `${own}.999` })).hits).toEqual([]);
  });
});

describe('in one recording', () => {
  test('lines are found in the order of time, and the words are written down with the session', async () => {
    const olga = await anActor(database.connection.db, ['auditor']);
    const id = await recorded(['one find-me', 'nothing', 'two FIND-ME'], { leftOutFromMs: 2500 });
    await recorded(['find-me elsewhere']);
    const found = valueIn(await searchRecording(ctx, olga, { sessionId: id, text: 'find-me' }));
    expect(found).toEqual({
      hits: [
        { seq: 0, elapsedMs: 0, text: 'one find-me' },
        { seq: 2, elapsedMs: 2000, text: 'two FIND-ME' },
      ],
      isCut: false,
      isSearchable: true,
      leftOutFromMs: 2500,
    });
    expect(await searchesOf(olga)).toEqual([{ filters: { text: 'find-me' }, sessionId: id }]);
  });

  test('more than anybody reads are cut, and one without text says so', async () => {
    const id = await recorded(Array.from({ length: 600 }, (_, n) => `many-times ${n}`));
    const found = valueIn(await searchRecording(ctx, auditor, { sessionId: id, text: 'many-times' }));
    expect([found.hits.length, found.isCut]).toEqual([500, true]);
    const { db } = database.connection;
    const old = await aSession(db, ada, { state: 'ended', endReason: 'exited', endedAt: new Date() });
    await aRecording(db, old, { state: 'sealed', indexState: 'ready' });
    expect(valueIn(await searchRecording(ctx, auditor, { sessionId: old.id, text: 'many' }))).toMatchObject({
      hits: [],
      isSearchable: false,
    });
  });

  test('what is not there, or was not recorded, is said', async () => {
    const unknown = await searchRecording(ctx, auditor, { sessionId: newId<SessionId>(), text: 'any text' });
    expect(unknown).toMatchObject({ ok: false, code: 'not_found' });
    const { id } = await aSession(database.connection.db, ada);
    const unrecorded = await searchRecording(ctx, auditor, { sessionId: id, text: 'any text' });
    expect(unrecorded).toMatchObject({ ok: false, code: 'recording_unavailable' });
    expect(SearchRecordingInputSchema.safeParse({ sessionId: id, text: ' a ' }).success).toBe(false);
    expect(SearchRecordingInputSchema.safeParse({ sessionId: id, text: 'what\0ever' }).success).toBe(false);
  });
});

test('text is kept once, and the prints of its secrets go with that', async () => {
  const { db } = database.connection;
  const session = await aSession(db, ada);
  const prints = [{ length: 4, rolling: 1, hmac: 'x' }];
  await aRecording(db, session, { state: 'sealed', secretPrints: prints });
  const keep = (text: string) =>
    db.transaction((tx) => keepTexts(tx, session.id, { lines: [{ elapsedMs: 1, text }], leftOutFromMs: undefined }));
  await keep('kept once');
  await keep('kept twice');
  expect((await search('kept once')).hits).toHaveLength(1);
  expect((await search('kept twice')).hits).toEqual([]);
  const [row] = await db.select().from(recordings).where(eq(recordings.sessionId, session.id));
  expect(row?.secretPrints).toEqual([]);
});

describe('with 500 sessions of 2,000 lines each', () => {
  let many: TestDatabase;
  let olga: Actor;
  let latest: SessionId;

  beforeAll(async () => {
    many = await testDatabase();
    const { db } = many.connection;
    olga = await anActor(db, ['auditor']);
    const eve = await anActor(db);
    const template = await aSession(db, eve, { state: 'ended', endReason: 'exited', endedAt: new Date() });
    const ids = Array.from({ length: 500 }, () => newId<SessionId>()).sort();
    latest = ids.at(-1) ?? template.id;
    await fill(many, template.id, ids);
  }, 120_000);
  afterAll(() => many?.close());

  /** How many rows of text the database read for a search, as it counts them itself. */
  const rowsReadFor = (text: string, people?: string[]) =>
    many.connection.db.transaction(async (tx) => {
      const read = async () => {
        const [row] = await tx.execute<{ rows: number }>(sql`
          select (seq_tup_read + idx_tup_fetch)::int as rows
          from pg_stat_xact_user_tables where relname = 'recording_texts'`);
        return row?.rows ?? 0;
      };
      const before = await read();
      const found = await findTexts(tx, { text, notOf: olga.person.id, people }, { limit: 26 });
      return { found, rows: (await read()) - before };
    });

  test.each([
    ['a word of every line', 'every line', 26, 15_000],
    ['a word of every hundredth', 'seldom', 26, 15_000],
    ['a word of one line in the middle', 'needle-250-1000', 1, 15_000],
    ['a word that is nowhere', 'nowhere to be found', 0, 15_000],
  ])('%s is found without reading them all', async (_, text, count, most) => {
    const { found, rows } = await rowsReadFor(text);
    expect(found).toHaveLength(count);
    expect(rows).toBeLessThan(most);
  });

  test('attack: what stands in every line and is looked for where it is not gets no more time than its share', async () => {
    const { db } = many.connection;
    const [row] = await db.select({ startedAt: recordings.startedAt }).from(recordings).limit(1);
    const from = new Date((row?.startedAt.getTime() ?? 0) + 1_998_500); // the last line of each
    const condition = { text: 'every line', notOf: olga.person.id, from };
    expect(await findTexts(db, condition, { limit: 26, withinMs: 50 })).toBe('too long');
    const timeouts = await Promise.all(Array.from({ length: 10 }, () => db.execute(sql`show statement_timeout`)));
    expect(new Set(timeouts.map(([row]) => row?.statement_timeout))).toEqual(new Set(['0']));
  });

  test('the latest line of all is the first, and the lines of one person are found among them', async () => {
    const { found } = await rowsReadFor('every line');
    expect(found[0]).toEqual({ sessionId: latest, seq: 1999 });
    const { found: theirs, rows } = await rowsReadFor('every line', [newId()]);
    expect([theirs, rows]).toEqual([[], 0]);
  });
});

/** Rows as the program would write them, but faster: what is checked for each of them is put back afterwards. */
async function fill(many: TestDatabase, template: SessionId, ids: SessionId[]): Promise<void> {
  await using owner = await asOwner(many);
  const { sql } = owner;
  await sql`create temp table template as select * from sessions where id = ${template}`;
  for (const id of ids) {
    await sql`update template set id = ${id}`;
    await sql`insert into sessions select * from template`;
  }
  await sql`insert into recordings (session_id, path, state, started_at, duration_ms, index_state)
    select id, '2026/01/01/' || id, 'sealed', now(), 2000000, 'ready' from sessions`;
  await sql`alter table recording_texts drop constraint recording_texts_session_id_recordings_session_id_fk`;
  await sql`drop index recording_texts_text`;
  await sql`insert into recording_texts (session_id, seq, elapsed_ms, text)
    select id, n, n * 1000,
      'every line' || case when n % 100 = 0 then ' seldom' else '' end || ' needle-' || place || '-' || n
    from unnest(${sql.array(ids)}::uuid[]) with ordinality as session (id, place), generate_series(0, 1999) n`;
  await sql`create index recording_texts_text on recording_texts using gin (text gin_trgm_ops)`;
  await sql`vacuum analyze recording_texts`;
  await sql`analyze sessions, recordings`;
}

async function asOwner({ ownerUrl }: TestDatabase) {
  const { sql, close } = connect(ownerUrl, { max: 1, name: 'test owner' });
  return { sql, [Symbol.asyncDispose]: close };
}
