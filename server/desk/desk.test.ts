// Contract: auditors and administrators see all sessions, everybody else their own and never learns of others'. Ending
// one reaches the gateway in the commit that asked for it. No byte of a recording is released before its viewing is in
// the audit log, and nobody gets one who may not.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Channels, listen } from '../../db/notify.ts';
import { auditEvents, sessions } from '../../db/schema.ts';
import { aComputer, aLogin, anActor, aRecording, aSession, type SessionRow as Row } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Actor, Context } from '../context.ts';
import type { Outcome } from '../errors.ts';
import { newId, type SessionId } from '../ids.ts';
import { authorizeRecording, NotedViewings } from './authorize-recording.ts';
import { getSession } from './get-session.ts';
import { listSessions } from './list-sessions.ts';
import { TerminateSessionInputSchema, terminateSession } from './terminate-session.ts';

let database: TestDatabase;
let ctx: Context;
let owner: Actor;
let stranger: Actor;
let approver: Actor;
let auditor: Actor;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database.connection;
  [owner, stranger, approver, auditor, admin] = [
    await anActor(db, ['user'], { name: 'Olga Owner' }),
    await anActor(db, ['user']),
    await anActor(db, ['approver']),
    await anActor(db, ['auditor']),
    await anActor(db, ['admin']),
  ];
});
afterAll(() => database.close());
beforeEach(() => {
  ctx = database.context();
});

const ended = { state: 'ended', endReason: 'exited', endedAt: new Date(), exitStatus: 0 } as const;
const code = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.code);
const newSession = (given: Partial<Row> = {}) => aSession(database.connection.db, owner, given);
const eventsOf = async (sessionId: SessionId) =>
  database.connection.db.select().from(auditEvents).where(eq(auditEvents.sessionId, sessionId));

describe('listSessions', () => {
  const idsOf = async (actor: Actor, input = {}) => {
    const outcome = await listSessions(ctx, actor, input);
    return outcome.ok ? outcome.value.rows.map((row) => row.id) : [];
  };

  it('shows all to auditors and administrators, their own to others', async () => {
    const { id } = await newSession();
    expect(await idsOf(owner)).toContain(id);
    expect(await idsOf(auditor)).toContain(id);
    expect(await idsOf(admin)).toContain(id);
    expect(await idsOf(stranger)).toEqual([]);
    expect(await idsOf(approver)).toEqual([]);
  });

  it('finds the sessions that have nothing to play although they were to be recorded', async () => {
    const { db } = database.connection;
    const opened = { ...ended, openedAt: new Date() };
    const policy = (recording: 'required' | 'off', { policy: before }: Row) => ({ ...before, recording });
    const some = await newSession(opened);
    const none = await newSession({ ...opened, policy: policy('required', some) });
    const neverOpened = await newSession(ended);
    const running = await newSession({ state: 'active', openedAt: new Date() });
    const notRecorded = await newSession({ ...opened, policy: policy('off', some) });
    const with_ = async (given: Parameters<typeof aRecording>[2]) => {
      const session = await newSession(opened);
      await aRecording(db, session, given);
      return session.id;
    };
    const unplayable = await with_({ state: 'sealed', playable: 'unplayable', checkDetail: 'x' });
    const failed = await with_({ state: 'failed' });
    const fine = await with_({ state: 'sealed', playable: 'playable' });
    const unread = await with_({ state: 'sealed' });
    const deleted = await with_({ state: 'deleted', playable: 'unplayable', deletedAt: new Date() });
    const found = await idsOf(auditor, { recording: 'unplayable' });
    expect(found).toEqual(expect.arrayContaining([none.id, unplayable, failed]));
    for (const id of [neverOpened.id, running.id, notRecorded.id, fine, unread, deleted]) {
      expect(found).not.toContain(id);
    }
    expect(await idsOf(stranger, { recording: 'unplayable' })).toEqual([]);
  });

  it('gives the latest first, page by page, each exactly once', async () => {
    const person = await anActor(database.connection.db);
    const made: SessionId[] = [];
    for (let count = 0; count < 7; count += 1) {
      const id = newId<SessionId>(Date.now() + count);
      made.unshift((await aSession(database.connection.db, person, { id })).id);
    }
    const seen: SessionId[] = [];
    let cursor: string | undefined;
    do {
      const page = await listSessions(ctx, person, { limit: 3, cursor });
      if (!page.ok) throw new Error(page.code);
      seen.push(...page.value.rows.map((row) => row.id));
      cursor = page.value.next;
    } while (cursor);
    expect(seen).toEqual(made);
  });

  it('searches people and computers, taking every character for itself', async () => {
    const computer = await aComputer(database.connection.db, { name: '100%_real\\host' });
    const { id } = await newSession({ computerId: computer.id });
    expect(await idsOf(auditor, { search: '100%_REAL\\' })).toEqual([id]);
    expect(await idsOf(auditor, { search: '100x' })).toEqual([]);
    expect(await idsOf(auditor, { search: 'olga' })).toContain(id);
    expect(await idsOf(auditor, { search: owner.person.email })).toContain(id);
    expect(await idsOf(auditor, { search: "'; drop table people --\0" })).toEqual([]);
  });

  it('filters by state', async () => {
    const running = await newSession({ state: 'active' });
    const over = await newSession(ended);
    expect(await idsOf(auditor, { state: 'active' })).toContain(running.id);
    expect(await idsOf(auditor, { state: 'active' })).not.toContain(over.id);
  });

  it('refuses a cursor that is none, and bears any limit', async () => {
    expect(code(await listSessions(ctx, auditor, { cursor: "x' or true" }))).toBe('invalid_input');
    for (const limit of [-1, 0, 0.5, Number.NaN, 1e9]) {
      expect(code(await listSessions(ctx, auditor, { limit }))).toBe('ok');
    }
  });

  it('says per row what the actor may do', async () => {
    const { id } = await newSession({ state: 'active' });
    await aRecording(database.connection.db, { id });
    const rightsFor = async (actor: Actor) => {
      const outcome = await listSessions(ctx, actor);
      const row = outcome.ok ? outcome.value.rows.find((one) => one.id === id) : undefined;
      return [row?.mayView, row?.mayTerminate];
    };
    expect(await rightsFor(owner)).toEqual([false, true]);
    expect(await rightsFor(auditor)).toEqual([true, false]);
    expect(await rightsFor(admin)).toEqual([false, true]);
  });
});

describe('getSession', () => {
  it('gives everything to those who may see it, and not even its existence to others', async () => {
    const { id: sessionId } = await newSession(ended);
    for (const actor of [owner, auditor, admin]) {
      expect(await getSession(ctx, actor, { sessionId })).toMatchObject({
        ok: true,
        value: { id: sessionId, person: { name: 'Olga Owner' }, exitStatus: 0, recording: null, mayView: false },
      });
    }
    for (const actor of [stranger, approver]) {
      expect(await getSession(ctx, actor, { sessionId })).toEqual({ ok: false, code: 'not_found' });
    }
    for (const id of [newId<SessionId>(), '../etc/passwd' as SessionId]) {
      expect(await getSession(ctx, auditor, { sessionId: id })).toEqual({ ok: false, code: 'not_found' });
    }
  });
});

describe('terminateSession', () => {
  it('tells the gateway who ends what and why', async () => {
    const { id: sessionId } = await newSession({ state: 'active' });
    const heard: Channels['end_session'][] = [];
    const two = new Promise<void>((resolve) => {
      void listen(
        database.connection.sql,
        'end_session',
        (message) => heard.push(message) === 2 && resolve(),
        async () => {
          await terminateSession(ctx, admin, { sessionId, why: 'Maintenance.' });
          await terminateSession(ctx, owner, { sessionId });
        },
      );
    });
    await two;
    expect(heard).toEqual([
      { sessionId, reason: 'terminated', by: admin.person.id, detail: 'Reason: Maintenance.' },
      { sessionId, reason: 'closed', by: owner.person.id },
    ]);
    expect((await eventsOf(sessionId)).map(({ kind, actorId }) => [kind, actorId])).toEqual([
      ['session.terminate_requested', admin.person.id],
      ['session.terminate_requested', owner.person.id],
    ]);
  });

  it('ends a session itself that no gateway has opened yet', async () => {
    const { id: sessionId } = await newSession();
    expect(code(await terminateSession(ctx, admin, { sessionId, why: 'No more.' }))).toBe('ok');
    const [row] = await database.connection.db.select().from(sessions).where(eq(sessions.id, sessionId));
    expect(row).toMatchObject({ state: 'ended', endReason: 'terminated', endDetail: 'Reason: No more.' });
    expect((await eventsOf(sessionId)).map(({ kind }) => kind)).toEqual([
      'session.terminate_requested',
      'session.ended',
    ]);
    expect(code(await terminateSession(ctx, admin, { sessionId }))).toBe('session_ended');
  });

  it.each([[undefined], ['']])('is not done to somebody else without saying why (%j)', async (why) => {
    const { id: sessionId } = await newSession({ state: 'active' });
    expect(await terminateSession(ctx, admin, { sessionId, why })).toMatchObject({
      code: 'invalid_input',
      params: { field: 'why' },
    });
    expect(await eventsOf(sessionId)).toEqual([]);
    expect(code(await terminateSession(ctx, owner, { sessionId, why }))).toBe('ok');
  });

  it('takes a reason on one line that steers nothing, and no novel', () => {
    const read = (why: string) => TerminateSessionInputSchema.safeParse({ sessionId: newId<SessionId>(), why });
    expect(read('  Stop\n\u001b[2J\u202enow ').data?.why).toBe('Stop\ufffd\ufffd[2J\ufffdnow');
    expect(read('   ').data?.why).toBe('');
    expect(read('x'.repeat(301)).error?.issues).toMatchObject([{ path: ['why'] }]);
  });

  it('is refused to everybody else, without evidence of an act that did not happen', async () => {
    const { id: sessionId } = await newSession({ state: 'active' });
    for (const actor of [stranger, approver, auditor]) {
      expect(code(await terminateSession(ctx, actor, { sessionId }))).toBe('not_found');
    }
    expect(code(await terminateSession(ctx, admin, { sessionId: newId() }))).toBe('not_found');
    expect(code(await terminateSession(ctx, admin, { sessionId: 'x' as SessionId }))).toBe('not_found');
    expect(await eventsOf(sessionId)).toEqual([]);
  });
});

describe('authorizeRecording', () => {
  it('lets an auditor read, after writing down that they did', async () => {
    const { id: sessionId } = await newSession(ended);
    const { path } = await aRecording(database.connection.db, { id: sessionId }, { state: 'sealed' });
    expect(await authorizeRecording(ctx, auditor, { sessionId, part: 'typescript' })).toMatchObject({
      ok: true,
      value: { path, state: 'sealed', personName: 'Olga Owner' },
    });
    expect(await eventsOf(sessionId)).toMatchObject([
      { kind: 'recording.viewed', actorId: auditor.person.id, subject: { part: 'typescript' } },
    ]);
  });

  it('notes the pieces that a person reads once for a while, and what is read as a whole each time', async () => {
    const { id: sessionId } = await newSession(ended);
    await aRecording(database.connection.db, { id: sessionId }, { state: 'sealed' });
    const clocked = database.context();
    const noted = new NotedViewings();
    const read = (part: string, isPiece: boolean, actor = auditor) =>
      authorizeRecording(clocked, actor, { sessionId, part, isPiece }, noted);
    const count = async () => (await eventsOf(sessionId)).length;
    const first = await Promise.all(['index.bin', 'typescript', 'events.ndjson'].map((part) => read(part, true)));
    expect(first.map(code)).toEqual(['ok', 'ok', 'ok']);
    for (let n = 0; n < 5; n += 1) await read('typescript', true);
    const { db } = database.connection;
    const login = await aLogin(db, auditor.person);
    await read('typescript', true, { ...auditor, login: { ...auditor.login, id: login.id } }); // by another sign-in
    expect(await count()).toBe(1);
    await read('typescript', false); // all of it
    await read('recording.zip', false);
    await read('typescript', true, await anActor(db, ['auditor'])); // somebody else
    expect(await count()).toBe(4);
    clocked.clock.advance(11 * 60_000);
    await read('typescript', true);
    expect(await count()).toBe(5);
    expect(code(await read('typescript', true, owner))).toBe('forbidden'); // noted or not
  });

  it('gives nobody a piece of what could not be written down, and forgets no viewing', async () => {
    const { id: sessionId } = await newSession(ended);
    await aRecording(database.connection.db, { id: sessionId }, { state: 'sealed' });
    const noted = new NotedViewings();
    const audit = { ...ctx.audit, append: () => Promise.reject(new Error('the disk is full')) };
    const wish = { sessionId, part: 'typescript', isPiece: true };
    const read = () => authorizeRecording({ ...ctx, audit }, auditor, wish, noted);
    for (const each of await Promise.allSettled([read(), read()])) expect(each.status).toBe('rejected');
    await authorizeRecording(ctx, auditor, wish, noted);
    expect(await eventsOf(sessionId)).toHaveLength(1);
  });

  it('refuses everybody else, and whoever worked in the session', async () => {
    const { id: sessionId } = await newSession(ended);
    await aRecording(database.connection.db, { id: sessionId });
    const read = async (actor: Actor) => code(await authorizeRecording(ctx, actor, { sessionId, part: 'typescript' }));
    expect(await read(owner)).toBe('forbidden');
    expect(await read(admin)).toBe('forbidden');
    expect(await read(stranger)).toBe('not_found');
    expect(await read(approver)).toBe('not_found');
    expect(await eventsOf(sessionId)).toEqual([]);

    const own = await aSession(database.connection.db, auditor, ended);
    await aRecording(database.connection.db, own);
    expect(code(await authorizeRecording(ctx, auditor, { sessionId: own.id, part: 'typescript' }))).toBe(
      'own_recording',
    );
  });

  it('says so when there is no recording, and finds nothing under a path', async () => {
    const { id: sessionId } = await newSession(ended);
    expect(code(await authorizeRecording(ctx, auditor, { sessionId, part: 'typescript' }))).toBe(
      'recording_unavailable',
    );
    const sideways = { sessionId: '../../etc' as SessionId, part: 'passwd' };
    expect(code(await authorizeRecording(ctx, auditor, sideways))).toBe('not_found');
  });

  it('releases nothing when the viewing cannot be written down', async () => {
    const { id: sessionId } = await newSession(ended);
    await aRecording(database.connection.db, { id: sessionId });
    const audit = { ...ctx.audit, append: () => Promise.reject(new Error('the disk is full')) };
    const reading = authorizeRecording({ ...ctx, audit }, auditor, { sessionId, part: 'typescript' });
    await expect(reading).rejects.toThrow('the disk is full');
  });
});
