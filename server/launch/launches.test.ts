/**
 * Contract: a launch leads from the shop to a session whose credential is in the gateway's memory and nowhere else. It
 * belongs to the sign-in that it names, lives five minutes, opens once; and the built-in identity API gives a credential
 * to the gateway alone, once, to a person who proves in that very request that they are there. Over a real database and
 * real HTTP.
 */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobs, launches, sessions } from '../../db/schema.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { assertionKeys, makeAssertion } from '../identity-api/assertion.ts';
import { identityPaths } from '../identity-api/contract.ts';
import { newId, type SessionId } from '../ids.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { unlock } from '../vault/unlock.ts';
import type { StartForm } from './connect-computer.ts';
import { type OpenLaunchInput, openLaunch } from './open-launch.ts';
import { receiveLaunch } from './receive-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig, storedPassword } from './testing/launch-rig.ts';
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

const opened = (input: OpenLaunchInput, by = alice) => openLaunch(rig.ctx, by.actor, input, rig.ports);
const code = (outcome: { ok: boolean; code?: string }) => (outcome.ok ? 'ok' : outcome.code);
const form = async (): Promise<StartForm> => valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));

async function evidence(kind: string) {
  const rows = await rig.database.connection.sql<{ subject: Record<string, unknown> }[]>`
    select subject from audit_events where kind = ${kind} and actor_id = ${alice.person.id} order by writer_id, seq`;
  return rows.map(({ subject }) => subject);
}

describe('with the right master password', () => {
  test('the credential is in the memory of the gateway, and its session waits for a ticket', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    const { sessionId } = valueIn(await opened({ launchId, password: masterPassword }));
    expect(rig.held.get(sessionId)).toEqual({
      mode: 'SSH',
      targets: [{ server: 'db1.example', port: 2222 }],
      credential: { type: 'password', username: 'operator', password: storedPassword },
      notes: null,
      flags: { record: true, allowLiveSnooping: false, allowJoinRequests: false, allowJoinInvites: false },
    });
    const [row] = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.id, sessionId));
    expect(row).toMatchObject({ state: 'requested', apiUrl: rig.ctx.publicUrl, credentialKind: 'shared' });
    expect(await evidence('credential.released')).toHaveLength(1);
    const everything = await rig.database.connection.sql`
      select row_to_json(s) from sessions s union all select row_to_json(l) from launches l
      union all select row_to_json(c) from check_outs c union all select row_to_json(a) from audit_events a`;
    for (const secret of [storedPassword, masterPassword]) expect(JSON.stringify(everything)).not.toContain(secret);
  });

  test('it opens once', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    const outcomes = await Promise.all([1, 2, 3].map(() => opened({ launchId, password: masterPassword })));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('access_expired');
    expect(await evidence('credential.released')).toHaveLength(1);
  });

  test('its handles open nothing a second time, not even under a launch of their own', async () => {
    const fields = await form();
    const first = await boundLaunch(rig.ctx, alice.actor, { ...fields, ...screen });
    valueIn(await opened({ launchId: first, password: masterPassword }));
    const second = await boundLaunch(rig.ctx, alice.actor, { ...fields, ...screen });
    expect(code(await opened({ launchId: second, password: masterPassword }))).toBe('access_expired');
  });
});

describe('with a wrong one', () => {
  test('the launch stays as it was, nothing is owed, and the right one opens the same session', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    expect(code(await opened({ launchId, password: 'wrong' }))).toBe('invalid_master_password');
    const [launch] = await rig.ctx.connection.db.select().from(launches).where(eq(launches.id, launchId));
    const [row] = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.id, launch!.sessionId!));
    expect(row).toMatchObject({ state: 'requested', endOwed: null });
    const { sessionId } = valueIn(await opened({ launchId, password: masterPassword }));
    expect(sessionId).toBe(row!.id);
  });

  test('again and again, one has to wait, and the right one too', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    for (let i = 0; i < 6; i++) {
      expect(code(await opened({ launchId, password: 'wrong' }))).toBe('invalid_master_password');
    }
    const next = await opened({ launchId, password: masterPassword });
    expect(next).toMatchObject({ code: 'too_many_attempts', params: { seconds: expect.any(Number) } });
  });

  test('none at all is a wrong one', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    expect(code(await opened({ launchId }))).toBe('invalid_master_password');
  });
});

describe('an unlock instead of the password', () => {
  test('is enough where the policy says so, for the sign-in it was made in', async () => {
    alice = await aReadyPerson(rig.ctx, { masterPassword: 'browser_session' });
    const { cookie } = valueIn(await unlock(rig.ctx, alice.actor, { password: masterPassword }));
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    const view = valueIn(await viewLaunch(rig.ctx, alice.actor, { launchId, unlockCookie: cookie }));
    expect(view.ask).toBe('nothing');
    expect(code(await opened({ launchId, unlock: cookie }))).toBe('ok');
  });

  test('is not, where it asks each time; nor is the unlock of somebody else', async () => {
    const { cookie } = valueIn(await unlock(rig.ctx, alice.actor, { password: masterPassword }));
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    const view = valueIn(await viewLaunch(rig.ctx, alice.actor, { launchId, unlockCookie: cookie }));
    expect(view.ask).toBe('password');
    expect(code(await opened({ launchId, unlock: cookie }))).toBe('invalid_master_password');

    alice = await aReadyPerson(rig.ctx, { masterPassword: 'browser_session' });
    const mine = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    expect(code(await opened({ launchId: mine, unlock: cookie }))).toBe('invalid_master_password');
  });
});

describe('a launch', () => {
  test('names computer and API host before anything is typed', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    const view = valueIn(await viewLaunch(rig.ctx, alice.actor, { launchId, unlockCookie: undefined }));
    expect(view).toMatchObject({
      computer: { name: alice.computer.name, mode: 'SSH' },
      apiHost: 'localhost:3000',
      isBuiltIn: true,
      ask: 'password',
    });
  });

  test('of another person, or of another sign-in of the same, looks expired and opens nothing', async () => {
    const params = new URLSearchParams({ ...(await form()), ...screen });
    const apiUrls = [rig.ctx.publicUrl];
    const { launchId } = valueIn(await receiveLaunch(rig.ctx, { params, origin: 'https://evil.example', apiUrls }));
    const mallory = await aReadyPerson(rig.ctx);
    const elsewhere = await signIn(rig.ctx, alice.person);
    for (const { actor } of [mallory, elsewhere]) {
      expect(code(await viewLaunch(rig.ctx, actor, { launchId, unlockCookie: undefined }))).toBe('access_expired');
      const input = { launchId, password: masterPassword };
      expect(code(await openLaunch(rig.ctx, actor, input, rig.ports))).toBe('access_expired');
    }
    // Whoever owns the sign-in is not kept out by that.
    valueIn(await viewLaunch(rig.ctx, alice.actor, { launchId, unlockCookie: undefined }));
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('ok');
    expect(await evidence('launch.bound')).toContainEqual(expect.objectContaining({ origin: 'https://evil.example' }));
  });

  test('that nobody opened the page of cannot be opened', async () => {
    const params = new URLSearchParams({ ...(await form()), ...screen });
    const apiUrls = [rig.ctx.publicUrl];
    const { launchId } = valueIn(await receiveLaunch(rig.ctx, { params, origin: undefined, apiUrls }));
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('access_expired');
  });

  test('lives five minutes', async () => {
    const [early, late] = [
      await launchAs(rig.ctx, alice.actor, alice.computer.guid),
      await launchAs(rig.ctx, alice.actor, alice.computer.guid),
    ];
    rig.ctx.clock.advance(5 * 60_000 - 1);
    expect(code(await opened({ launchId: early, password: masterPassword }))).toBe('ok');
    rig.ctx.clock.advance(1);
    expect(code(await opened({ launchId: late, password: masterPassword }))).toBe('access_expired');
    const view = await viewLaunch(rig.ctx, alice.actor, { launchId: late, unlockCookie: undefined });
    expect(code(view)).toBe('access_expired');
  });

  test('waits for the account that is being made, and lives so much longer', async () => {
    const fields = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid, { connectionDelaySeconds: 600 }));
    const launchId = await boundLaunch(rig.ctx, alice.actor, { ...fields, ...screen });
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('access_expired');
    rig.ctx.clock.advance(600_000);
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('ok');
  });

  test.each([
    'ComputerID',
    'CredentialID',
    'ExternalCredentialCheckOutID',
    'IsPersonalCred',
    'ApiKey',
    'ApiApplicationKey',
  ] as const)('whose %s is not that of its check-out opens nothing', async (field) => {
    const other = await aReadyPerson(rig.ctx);
    const otherForm = valueIn(await connectAs(rig.ctx, other.actor, other.computer.guid));
    const changed = field === 'IsPersonalCred' ? { IsPersonalCred: 'true' } : { [field]: otherForm[field] };
    const fields = { ...(await form()), ...screen, ...changed };
    // The computer of somebody else cannot even be looked at.
    const launchId = await boundLaunch(rig.ctx, alice.actor, fields).catch(() => undefined);
    if (!launchId) return expect(field).toBe('ComputerID');
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('access_expired');
    expect(await evidence('credential.released')).toEqual([]);
  });

  test('is asked anew whether it may: a right that went since Connect opens nothing', async () => {
    const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
    await rig.database.connection.sql`update grants set revoked_at = now() where id = ${alice.grant.id}`;
    expect(code(await opened({ launchId, password: masterPassword }))).toBe('grant_revoked');
    expect(await evidence('launch.refused')).toHaveLength(1);
  });
});

describe('the built-in identity API', () => {
  type Call = { body: object; assertion?: string | undefined; keys?: { apiKey: string; apiApplicationKey: string } };

  /** As a program of the user's own would call it. */
  function call(fields: StartForm, { body, assertion, keys }: Call): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${keys?.apiKey ?? fields.ApiKey}`,
        apiapplicationkey: keys?.apiApplicationKey ?? fields.ApiApplicationKey,
        ...(assertion === undefined ? {} : { 'sallyport-assertion': assertion }),
      };
      const { socketPath } = rig.builtIn;
      const asked = request({ socketPath, method: 'POST', path: identityPaths.getcredential, headers });
      asked.on('error', reject);
      asked.on('response', async (response) =>
        resolve({ status: response.statusCode ?? 0, body: await text(response) }),
      );
      asked.end(JSON.stringify(body));
    });
  }

  const bodyOf = (fields: StartForm) => ({
    computer: fields.ComputerID,
    credential: fields.CredentialID,
    password: masterPassword,
    mode: fields.Mode,
    session: newId<SessionId>(),
    loginsessionid: fields.LoginSessionID,
  });

  const assertionFor = (body: object, at = rig.ctx.clock.now(), path: string = identityPaths.getcredential) =>
    makeAssertion(
      assertionKeys(rig.ctx.keyring.authSecret).privateKey,
      { method: 'POST', path, body: JSON.stringify(body) },
      at,
    );

  test('answers whoever is not the gateway with 401 and an alarm, though the master password is right', async () => {
    const fields = await form();
    const answer = await call(fields, { body: bodyOf(fields) });
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain(storedPassword);
    const alarm = { checkOutId: fields.ExternalCredentialCheckOutID, why: 'missing', address: '192.0.2.7' };
    expect(await evidence('identity.alarm')).toEqual([alarm]);
    expect(await evidence('credential.released')).toEqual([]);
  });

  test('does not fill the log with the alarms of one who goes on', async () => {
    const fields = await form();
    for (let i = 0; i < 15; i++) await call(fields, { body: bodyOf(fields) });
    expect(await evidence('identity.alarm')).toHaveLength(10);
    const nobodys = { apiKey: 'made-up', apiApplicationKey: fields.ApiApplicationKey };
    expect((await call(fields, { body: bodyOf(fields), keys: nobodys })).status).toBe(401);
    expect(await evidence('identity.alarm')).toHaveLength(10);
  });

  test.each([
    [
      'made with another key',
      () =>
        makeAssertion(
          assertionKeys('another').privateKey,
          { method: 'POST', path: identityPaths.getcredential, body: '' },
          rig.ctx.clock.now(),
        ),
      'forged',
    ],
    ['garbage', () => 'v1.x', 'malformed'],
    ['too old', (body: object) => assertionFor(body, new Date(rig.ctx.clock.now().getTime() - 30_001)), 'late'],
    ['from the future', (body: object) => assertionFor(body, new Date(rig.ctx.clock.now().getTime() + 30_001)), 'late'],
    ['of another call', (body: object) => assertionFor(body, rig.ctx.clock.now(), identityPaths.endsession), 'forged'],
    ['of another body', (body: object) => assertionFor({ ...body, computer: '1' }), 'forged'],
  ])('takes no assertion that is %s', async (_, make, why) => {
    const fields = await form();
    const body = bodyOf(fields);
    expect((await call(fields, { body, assertion: make(body) })).status).toBe(401);
    expect(await evidence('identity.alarm')).toMatchObject([{ why }]);
  });

  test('takes an assertion once', async () => {
    const fields = await form();
    const body = { ...bodyOf(fields), password: 'wrong' };
    const assertion = assertionFor(body);
    expect(JSON.parse((await call(fields, { body, assertion })).body)).toMatchObject({
      error: 'invalid_master_password',
    });
    expect(JSON.parse((await call(fields, { body, assertion })).body)).toMatchObject({ error: 'gateway_only' });
    expect(await evidence('identity.alarm')).toMatchObject([{ why: 'replayed' }]);
  });

  test('says that access has expired when the handles have, after ten minutes', async () => {
    const fields = await form();
    rig.ctx.clock.advance(10 * 60_000);
    const body = bodyOf(fields);
    const answer = await call(fields, { body, assertion: assertionFor(body) });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'access_token_expired' });
  });

  test('gives a credential to a revoked sign-in or a disabled person no more', async () => {
    const fields = await form();
    await rig.database.connection.sql`update people set disabled_at = now() where id = ${alice.person.id}`;
    const body = bodyOf(fields);
    expect((await call(fields, { body, assertion: assertionFor(body) })).status).toBe(403);
    expect(await evidence('credential.released')).toEqual([]);
  });
});

test('a password is neither stored nor logged, and what waits in `sessions` and `jobs` is sealed', async () => {
  const fields = await form();
  const launchId = await boundLaunch(rig.ctx, alice.actor, { ...fields, ...screen });
  valueIn(await opened({ launchId, password: masterPassword }));
  const rows = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.personId, alice.person.id));
  const stored = JSON.stringify([
    rows,
    await rig.ctx.connection.db.select().from(jobs),
    await rig.ctx.connection.db.select().from(launches),
  ]);
  for (const secret of [fields.ApiKey, fields.ApiApplicationKey, masterPassword, storedPassword])
    expect(stored).not.toContain(secret);
});
