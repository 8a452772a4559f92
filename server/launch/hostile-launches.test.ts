/**
 * Contract: whoever bends a launch gets nothing by it. The key of an unlock never leaves for an identity API elsewhere; a
 * check-out ends at its end for every step; a launch carries the handles of the check-out it names; what a session keeps
 * as evidence is what held when it was opened; and nobody fills the database or the audit log with made-up launches.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobs, sessions } from '../../db/schema.ts';
import { aGrant, aPerson, aPolicy } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { terminateSession } from '../desk/terminate-session.ts';
import { answerGetCredential } from '../identity-api/answer.ts';
import { assertionKeys, assertionLifeMs, makeAssertion } from '../identity-api/assertion.ts';
import { CredentialAnswerSchema, identityPaths } from '../identity-api/contract.ts';
import { type LaunchId, newId, type SessionId } from '../ids.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { unlock } from '../vault/unlock.ts';
import type { StartForm } from './connect-computer.ts';
import { issueTicket } from './issue-ticket.ts';
import { type CredentialQuestion, type OpenLaunchInput, openLaunch } from './open-launch.ts';
import { mostWaiting, receiveLaunch } from './receive-launch.ts';
import { acceptTerms, publishTerms, readTerms } from './terms.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { boundLaunch, connectAs, launchAs, screen } from './testing/launching.ts';
import { signIn } from './testing/signed-in.ts';
import { viewLaunch } from './view-launch.ts';

let rig: LaunchRig;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
const start = Date.now();

beforeAll(async () => {
  rig = await startLaunchRig();
});
beforeEach(async () => {
  rig.ctx.clock.set(new Date(start));
  alice = await aReadyPerson(rig.ctx);
});
afterAll(() => rig?.close());

const opened = (input: OpenLaunchInput) => openLaunch(rig.ctx, alice.actor, input, rig.ports);
const code = (outcome: { ok: boolean; code?: string }) => (outcome.ok ? 'ok' : outcome.code);

async function evidence(kind: string) {
  const rows = await rig.database.connection.sql<{ subject: Record<string, unknown> }[]>`
    select subject from audit_events where kind = ${kind} and actor_id = ${alice.person.id}`;
  return rows.map(({ subject }) => subject);
}

/** As the gateway would ask, whatever it thinks of it. */
function ask(fields: StartForm, body: object, at = rig.ctx.clock.now(), assertion = assertionFor(body, at)) {
  const headers: Record<string, string> = {
    authorization: `Bearer ${fields.ApiKey}`,
    apiapplicationkey: fields.ApiApplicationKey,
    'sallyport-assertion': assertion,
  };
  return answerGetCredential(rig.ctx, {
    header: (name) => headers[name],
    body: JSON.stringify(body),
    address: '192.0.2.7',
  });
}

function assertionFor(body: object, at: Date): string {
  const { privateKey } = assertionKeys(rig.ctx.keyring.authSecret);
  const asserted = { method: 'POST', path: identityPaths.getcredential, body: JSON.stringify(body) };
  return makeAssertion(privateKey, asserted, at);
}

const bodyOf = (fields: StartForm, password = masterPassword) => ({
  computer: fields.ComputerID,
  credential: fields.CredentialID,
  password,
  mode: fields.Mode,
  session: newId<SessionId>(),
  loginsessionid: fields.LoginSessionID,
});

test('the key of an unlock is not shown to an identity API elsewhere, nor is one asked without a password', async () => {
  alice = await aReadyPerson(rig.ctx, { masterPassword: 'browser_session' });
  const { cookie } = valueIn(await unlock(rig.ctx, alice.actor, { password: masterPassword }));
  const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
  const elsewhere = { ...fields, ...screen, ApiUrl: 'https://ids.example' };
  const launchId = await boundLaunch(rig.ctx, alice.actor, elsewhere, ['https://ids.example']);
  const asked: CredentialQuestion[] = [];
  const getCredential = async (question: CredentialQuestion) => {
    asked.push(question);
    return { ok: false, refusal: { error: 'policy' }, isKnown: true } as const;
  };
  for (const proof of [{ unlock: cookie }, {}, { password: '' }]) {
    const outcome = await openLaunch(rig.ctx, alice.actor, { launchId, ...proof }, { ...rig.ports, getCredential });
    expect(code(outcome)).toBe('invalid_master_password');
  }
  expect(asked).toEqual([]);
  const both = { launchId, password: 'theirs', unlock: cookie };
  await openLaunch(rig.ctx, alice.actor, both, { ...rig.ports, getCredential });
  expect(asked).toHaveLength(1);
  expect(asked[0]!.body).toMatchObject({ password: 'theirs' });
  expect(JSON.stringify(asked)).not.toContain(cookie);
});

test('a master password that an identity API elsewhere checks is not guessed through us without end', async () => {
  const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
  const elsewhere = { ...fields, ...screen, ApiUrl: 'https://ids.example' };
  let asked = 0;
  const getCredential = async ({ body }: CredentialQuestion) => {
    asked += 1;
    if (body.password === 'theirs') return { ok: true, answer: { UserName: 'x', Password: 'y', Server: 'z' } } as const;
    return { ok: false, refusal: { error: 'invalid_master_password' }, isKnown: true } as const;
  };
  const guess = async (launchId: LaunchId, password: string) =>
    openLaunch(rig.ctx, alice.actor, { launchId, password }, { ...rig.ports, getCredential });
  const codes = [];
  for (let i = 0; i < 10; i++) {
    const launchId = await boundLaunch(rig.ctx, alice.actor, elsewhere, ['https://ids.example']);
    codes.push(code(await guess(launchId, `guess ${i}`)));
  }
  expect(codes.at(-1)).toBe('too_many_attempts');
  expect(asked).toBe(6);
  // Guesses here do not count there, nor the other way round.
  const here = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  expect(code(await opened({ launchId: here, password: masterPassword }))).toBe('ok');
  rig.ctx.clock.advance(60_000);
  const launchId = await boundLaunch(rig.ctx, alice.actor, elsewhere, ['https://ids.example']);
  expect(code(await guess(launchId, 'theirs'))).toBe('ok');
});

test('a check-out that has ended gives no credential, neither to the gateway nor through it', async () => {
  const checkOutEndDate = new Date(start + 60_000).toISOString();
  const claims = { checkOutEndDate };
  const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid, claims));
  const launchId = await boundLaunch(rig.ctx, alice.actor, { ...fields, ...screen });
  rig.ctx.clock.advance(60_000);
  expect(code(await opened({ launchId, password: masterPassword }))).toBe('grant_ended');
  expect((await ask(fields, bodyOf(fields))).status).toBe(401);
  expect(await evidence('credential.released')).toEqual([]);
});

test('nor does one that ends while its session waits for its ticket give a ticket', async () => {
  const claims = { checkOutEndDate: new Date(start + 60_000).toISOString() };
  const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid, claims));
  const launchId = await boundLaunch(rig.ctx, alice.actor, { ...fields, ...screen });
  const { sessionId } = valueIn(await opened({ launchId, password: masterPassword }));
  rig.ctx.clock.advance(60_000);
  expect(code(await issueTicket(rig.ctx, alice.actor, { sessionId }))).toBe('grant_ended');
});

test('a launch with the handles of another check-out of the same person opens nothing', async () => {
  const one = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
  const other = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
  const { ApiKey, ApiApplicationKey } = other;
  const launchId = await boundLaunch(rig.ctx, alice.actor, { ...one, ApiKey, ApiApplicationKey, ...screen });
  expect(code(await opened({ launchId, password: masterPassword }))).toBe('access_expired');
  expect(await evidence('credential.released')).toEqual([]);
});

test('a session keeps the terms of the attempt that opened it, and the right that its person chose', async () => {
  const { actor: admin } = await signIn(rig.ctx, await aPerson(rig.ctx.connection.db, { roles: ['admin'] }));
  const { version: first } = valueIn(await publishTerms(rig.ctx, admin, { text: `Once ${start}` }));
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  expect(code(await opened({ launchId, password: 'wrong' }))).toBe('invalid_master_password');
  valueIn(await publishTerms(rig.ctx, admin, { text: `Twice ${start}` }));
  expect(code(await opened({ launchId, password: masterPassword }))).toBe('terms_not_accepted');
  const { terms } = valueIn(await readTerms(rig.ctx, alice.actor));
  valueIn(await acceptTerms(rig.ctx, alice.actor, terms!));
  expect(code(await opened({ launchId, password: 'wrong' }))).toBe('invalid_master_password');

  const { db } = rig.ctx.connection;
  const strict = await aPolicy(db, { recording: 'required' });
  await rig.database.connection.sql`update policies set recording = 'off' where id = ${alice.policy.id}`;
  await aGrant(db, { personId: alice.person.id, computerId: alice.computer.id, policyId: strict.id });
  const { sessionId } = valueIn(await opened({ launchId, password: masterPassword }));
  const [row] = await db.select().from(sessions).where(eq(sessions.id, sessionId));
  expect(row).toMatchObject({ termsVersion: first + 1, termsSha256: terms!.sha256, grantId: alice.grant.id });
});

test('a session that is ended before its ticket came still owes its identity API the news', async () => {
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  const { sessionId } = valueIn(await opened({ launchId, password: masterPassword }));
  valueIn(await terminateSession(rig.ctx, alice.actor, { sessionId }));
  const owed = await rig.ctx.connection.db.select().from(jobs).where(eq(jobs.sessionId, sessionId));
  expect(owed).toMatchObject([{ kind: 'end_session', state: 'waiting' }]);
  const [row] = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.id, sessionId));
  expect(row).toMatchObject({ state: 'ended', endOwed: null });
});

test('a session whose identity API is still being asked gives no ticket, nor one that was refused a credential', async () => {
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  const early: unknown[] = [];
  const getCredential = async (question: CredentialQuestion) => {
    early.push(await issueTicket(rig.ctx, alice.actor, { sessionId: question.body.session as SessionId }));
    return rig.ports.getCredential(question);
  };
  const open = (password: string) =>
    openLaunch(rig.ctx, alice.actor, { launchId, password }, { ...rig.ports, getCredential });
  expect(code(await open('wrong'))).toBe('invalid_master_password');
  const [refused] = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.personId, alice.person.id));
  expect(code(await issueTicket(rig.ctx, alice.actor, { sessionId: refused!.id }))).toBe('conflict');
  const { sessionId } = valueIn(await open(masterPassword));
  expect(early).toEqual([1, 2].map(() => expect.objectContaining({ ok: false, code: 'conflict' })));
  const [row] = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.id, sessionId));
  expect(row?.givenAt).toEqual(rig.ctx.clock.now());
  expect(code(await issueTicket(rig.ctx, alice.actor, { sessionId }))).toBe('ok');
});

test('made-up launches leave no evidence, however many are tried', async () => {
  expect(code(await opened({ launchId: newId<LaunchId>(), password: masterPassword }))).toBe('access_expired');
  expect(await evidence('launch.refused')).toEqual([]);
});

test('an assertion is good once up to the last millisecond of its life', async () => {
  const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
  const body = bodyOf(fields, 'wrong');
  const assertion = assertionFor(body, new Date(start + assertionLifeMs));
  await ask(fields, body, undefined, assertion);
  rig.ctx.clock.advance(2 * assertionLifeMs);
  expect((await ask(fields, body, undefined, assertion)).body).toMatchObject({ error: 'gateway_only' });
});

test.each(['root\n', 'a\u0000b', '\u001b[2Jroot'])('an account named %j is none', (UserName) => {
  const answer = { UserName, Password: 'x', Server: 'db1.example' };
  expect(CredentialAnswerSchema.safeParse(answer).success).toBe(false);
  expect(CredentialAnswerSchema.safeParse({ ...answer, UserName: 'DOMÄNE\\Jörg Ä' }).success).toBe(true);
});

describe('a flood of well-formed launches', () => {
  const apiUrls = () => [rig.ctx.publicUrl];
  const arrive = async (fields: Record<string, string | undefined>) => {
    const params = new URLSearchParams(Object.entries({ ...fields, ...screen }).filter(([, value]) => value) as never);
    return valueIn(await receiveLaunch(rig.ctx, { params, origin: undefined, apiUrls: apiUrls() })).launchId;
  };
  const waiting = async () => {
    const rows = await rig.database.connection.sql<{ n: number }[]>`
      select count(*)::int as n from launches where person_id is null`;
    return rows[0]!.n;
  };

  test('that name no sign-in leaves nothing, and looks like any other', async () => {
    const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
    const before = await waiting();
    for (let i = 0; i < 50; i++) {
      const launchId = await arrive({ ...fields, LoginSessionID: newId() });
      const view = await viewLaunch(rig.ctx, alice.actor, { launchId, unlockCookie: undefined });
      expect(code(view)).toBe('access_expired');
    }
    expect(await waiting()).toBe(before);
  });

  test('in the name of one sign-in drops the oldest of its own, and shuts out neither its person nor anybody else', async () => {
    const bob = await aReadyPerson(rig.ctx);
    const bobs = await arrive(valueIn(await connectAs(rig.ctx, bob.actor, bob.computer.guid)));
    const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
    const first = await arrive(fields);
    const before = await waiting();
    for (let i = 0; i < 3 * mostWaiting; i++) {
      rig.ctx.clock.advance(1);
      await arrive(fields);
    }
    expect(await waiting()).toBe(before - 1 + mostWaiting);
    const newest = await arrive(fields);
    const seen = async (by: typeof alice, launchId: LaunchId) =>
      code(await viewLaunch(rig.ctx, by.actor, { launchId, unlockCookie: undefined }));
    expect(await seen(alice, first)).toBe('access_expired');
    expect(await seen(alice, newest)).toBe('ok');
    expect(await seen(bob, bobs)).toBe('ok');
    // What has a person already is not dropped by what has none.
    for (let i = 0; i < 2 * mostWaiting; i++) await arrive(fields);
    expect(code(await opened({ launchId: newest, password: masterPassword }))).toBe('ok');
  });

  test('is cleared away when it has expired', async () => {
    const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
    for (let i = 0; i < 5; i++) await arrive(fields);
    rig.ctx.clock.advance(10 * 60_000);
    await arrive(fields);
    expect(await waiting()).toBe(1);
  });
});
