// Contract: sessions of calls stand in the list of the desk beside those at computers, by the name of their record, and are
// found by it and by their mode; whoever may see one reads its calls page by page, filtered, and as a report; nobody else does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertCalls, type NewCall } from '../../db/queries/aws-calls.ts';
import { anActor, anApiToken, anAwsRecord, anAwsSession, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type AwsCallId, newId, type SessionId } from '../ids.ts';
import { getSession } from './get-session.ts';
import { callsPerPage, listCalls } from './list-calls.ts';
import { listSessions } from './list-sessions.ts';
import { reportCalls } from './report-calls.ts';
import { terminateSession } from './terminate-session.ts';

let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let owner: Actor;
let auditor: Actor;
let stranger: Actor;
let sessionId: SessionId;
const at = new Date('2026-03-01T12:00:00Z');

const call = (given: Partial<NewCall>): NewCall => ({
  id: newId<AwsCallId>(),
  sessionId,
  startedAt: at,
  route: 'proxy',
  service: 's3',
  operation: 'GetObject',
  region: 'eu-west-1',
  host: 's3.eu-west-1.amazonaws.com',
  method: 'GET',
  path: '/b/k',
  finishedAt: new Date(at.getTime() + 40),
  status: 200,
  bytesIn: 700,
  bytesOut: 3,
  ...given,
});

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  const { db } = ctx.connection;
  [owner, auditor, stranger] = await Promise.all([anActor(db), anActor(db, ['auditor']), anActor(db)]);
  const { credential } = await anAwsRecord(db, ctx.keyring, { credential: { name: 'Warehouse keys' } });
  const { token } = await anApiToken(db, ctx.keyring, owner.person, { name: 'laptop' });
  sessionId = (await anAwsSession(db, token, credential.id, { calls: 4 })).id;
  await aSession(db, owner);
  await insertCalls(db, [
    call({ resource: 'b/one', command: 's3 cp' }),
    call({ startedAt: new Date(at.getTime() + 1), resource: 'b/two', command: 's3 cp', status: 404 }),
    call({ startedAt: new Date(at.getTime() + 2), operation: null, method: 'PUT', isRepeat: true }),
    call({
      startedAt: new Date(at.getTime() + 3),
      service: 'sts',
      operation: 'AssumeRole',
      refusal: 'gives_credentials',
      status: null,
    }),
    call({ startedAt: new Date(at.getTime() + 4), finishedAt: null, status: null, bytesIn: 0, bytesOut: 0 }),
  ]);
});
afterAll(() => database.close());

describe('the list of sessions', () => {
  it('has sessions of calls by the name of their record', async () => {
    const { rows } = valueIn(await listSessions(ctx, owner, { mode: 'AWS' }));
    expect(rows).toMatchObject([
      { id: sessionId, target: 'Warehouse keys', mode: 'AWS', calls: 4, computer: null, mayTerminate: true },
    ]);
    expect(valueIn(await listSessions(ctx, owner)).rows).toHaveLength(2);
    expect(valueIn(await listSessions(ctx, owner, { mode: 'SSH' })).rows).toHaveLength(1);
    expect(valueIn(await listSessions(ctx, stranger, { mode: 'AWS' })).rows).toEqual([]);
  });

  it('finds them by the name of the record, and no session at a computer by what it signs in with', async () => {
    expect(valueIn(await listSessions(ctx, auditor, { search: 'warehouse' })).rows.map(({ id }) => id)).toEqual([
      sessionId,
    ]);
    expect(valueIn(await listSessions(ctx, auditor, { search: 'credential-' })).rows).toEqual([]);
  });

  it('does not miss a recording of one', async () => {
    await database.connection
      .sql`update sessions set state = 'ended', ended_at = now(), end_reason = 'idle' where id = ${sessionId}`;
    const { rows } = valueIn(await listSessions(ctx, auditor, { recording: 'unplayable' }));
    await database.connection
      .sql`update sessions set state = 'active', ended_at = null, end_reason = null where id = ${sessionId}`;
    expect(rows).toEqual([]);
  });
});

describe('the page of a session', () => {
  it('names record and token', async () => {
    expect(valueIn(await getSession(ctx, auditor, { sessionId }))).toMatchObject({
      target: 'Warehouse keys',
      token: { name: 'laptop' },
      computer: null,
      mayView: false,
    });
    expect((await getSession(ctx, stranger, { sessionId })).ok).toBe(false);
  });

  it('is asked to end like any other', async () => {
    const admin = await anActor(ctx.connection.db, ['admin']);
    expect(await terminateSession(ctx, admin, { sessionId, why: 'Enough.' })).toMatchObject({ ok: true });
    expect(await terminateSession(ctx, stranger, { sessionId })).toMatchObject({ ok: false, code: 'not_found' });
  });
});

describe('calls', () => {
  const list = async (given: Partial<Parameters<typeof listCalls>[2]> = {}) =>
    valueIn(await listCalls(ctx, auditor, { sessionId, ...given })).rows.map((row) => row.operation ?? row.method);

  it('are listed the latest first, to whoever may see the session', async () => {
    expect(await list()).toEqual(['GetObject', 'AssumeRole', 'PUT', 'GetObject', 'GetObject']);
    expect(valueIn(await listCalls(ctx, owner, { sessionId })).rows[4]).toMatchObject({ bytesOut: 700, bytesIn: 3 });
    expect(await listCalls(ctx, stranger, { sessionId })).toMatchObject({ ok: false, code: 'not_found' });
    expect(await listCalls(ctx, auditor, { sessionId: 'x' as SessionId })).toMatchObject({
      ok: false,
      code: 'not_found',
    });
  });

  it.each([
    [{ only: 'refused' as const }, ['AssumeRole']],
    [{ only: 'failed' as const }, ['GetObject']],
    [{ only: 'repeated' as const }, ['PUT']],
    [{ search: 's3:get two' }, ['GetObject']],
    [{ search: 'cp' }, ['GetObject', 'GetObject']],
    [{ search: '100%' }, []],
  ])('%j are %j', async (given, expected) => {
    expect(await list(given)).toEqual(expected);
  });

  it('come page by page, each once, also those of one moment', async () => {
    const { db } = ctx.connection;
    const person = await anActor(db);
    const { credential } = await anAwsRecord(db, ctx.keyring);
    const { token } = await anApiToken(db, ctx.keyring, person.person);
    const other = await anAwsSession(db, token, credential.id);
    const many = Array.from({ length: callsPerPage + 5 }, () => call({ sessionId: other.id }));
    await insertCalls(db, many);
    const first = valueIn(await listCalls(ctx, auditor, { sessionId: other.id }));
    expect(first.rows).toHaveLength(callsPerPage);
    if (first.next === undefined) throw new Error('There is no next page.');
    const second = valueIn(await listCalls(ctx, auditor, { sessionId: other.id, cursor: first.next }));
    expect(second.next).toBeUndefined();
    expect(new Set([...first.rows, ...second.rows].map(({ id }) => id)).size).toBe(many.length);
    expect(await listCalls(ctx, auditor, { sessionId: other.id, cursor: 'x' })).toMatchObject({
      ok: false,
      code: 'invalid_input',
    });
  });
});

describe('the report', () => {
  it('sums operations as a table', async () => {
    const { name, text } = valueIn(await reportCalls(ctx, owner, { sessionId, format: 'csv' }));
    expect(name).toBe(`aws-calls-${sessionId}.csv`);
    const lines = text.trim().split(/\r?\n/);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe(
      's3:GetObject,eu-west-1,3,0,1,1400,6,40,40,2026-03-01T12:00:00.000Z,2026-03-01T12:00:00.004Z',
    );
    expect(lines.find((line) => line.startsWith('sts:'))).toContain('sts:AssumeRole,eu-west-1,0,1,0');
  });

  it('says as JSON also what was refused', async () => {
    const { text } = valueIn(await reportCalls(ctx, auditor, { sessionId, format: 'json' }));
    expect(JSON.parse(text)).toMatchObject({
      session: { record: 'Warehouse keys', token: 'laptop', calls: 4 },
      refusals: [{ operation: 'sts:AssumeRole', refusal: 'gives_credentials' }],
    });
  });

  it('is for nobody else, nor of a session at a computer', async () => {
    expect(await reportCalls(ctx, stranger, { sessionId, format: 'csv' })).toMatchObject({
      ok: false,
      code: 'not_found',
    });
    const atComputer = await aSession(ctx.connection.db, owner);
    expect(await reportCalls(ctx, owner, { sessionId: atComputer.id, format: 'csv' })).toMatchObject({
      ok: false,
      code: 'not_found',
    });
  });
});
