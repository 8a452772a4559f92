/**
 * Contract: an identity system elsewhere can take our place. It is asked over https at the very origin that is configured,
 * with the headers and the body of the contract, and told when the session ends, however it ends, until it has heard it:
 * once, for whoever honours the idempotency key. It answers as the product that the contract is taken from, errors
 * included. Nothing leads to an address inside.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobAttempts, jobs, sessions } from '../../db/schema.ts';
import { aPerson } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { getEndSessionDelivery, sendEndSessionAgain } from '../desk/end-session-delivery.ts';
import { selfSigned } from '../front/testing/self-signed.ts';
import { createIdentityClient, type IdentityClient } from '../identity-api/client.ts';
import { type CheckOutId, newId, type SessionId } from '../ids.ts';
import { createJobRunner, type JobRunner } from '../jobs/runner.ts';
import { endSession, endSessionKind, endSessionWork } from './end-session-job.ts';
import { openLaunch } from './open-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { boundLaunch, screen } from './testing/launching.ts';
import { signIn } from './testing/signed-in.ts';

/** The example of a successful response. */
const example = {
  IsPasswordSSHKey: false,
  UserName: 'Domain\\username',
  Password: 'DecryptedPassword',
  Notes: null as string | null,
  Server: 'ServerName.domain.com',
  Server2: '192.168.7.8',
  Server3: null,
  GatewayServerDNSHostName: 'gateway.domain.com',
  ManagementPort: 3389,
  AllowLiveSnooping: true,
  AllowJoinRequests: false,
  AllowJoinInvites: false,
  RecordPSMSession: true,
};

type Seen = { method: string | undefined; path: string | undefined; headers: IncomingMessage['headers']; body: string };
type Answer = { status: number; headers?: Record<string, string>; body?: unknown };

let rig: LaunchRig;
let api: Server;
let apiUrl: string;
let client: IdentityClient;
let seen: Seen[] = [];
let answer: (call: Seen) => Answer | 'hang up';
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
let runner: JobRunner;
const tls = selfSigned();

beforeAll(async () => {
  rig = await startLaunchRig();
  api = createServer(tls, async (request: IncomingMessage, response: ServerResponse) => {
    const call = { method: request.method, path: request.url, headers: request.headers, body: await text(request) };
    seen.push(call);
    const said = answer(call);
    if (said === 'hang up') return response.destroy();
    response.writeHead(said.status, said.headers).end(JSON.stringify(said.body ?? {}));
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  apiUrl = `https://localhost:${(api.address() as AddressInfo).port}`;
  client = clientWith(['localhost']);
  runner = await createJobRunner(rig.ctx, { [endSessionKind]: endSessionWork(rig.ctx, client.endSession) });
});
beforeEach(async () => {
  seen = [];
  answer = () => ({ status: 200, body: example });
  alice = await aReadyPerson(rig.ctx);
});
afterAll(async () => {
  await runner?.stop();
  api?.closeAllConnections();
  api?.close();
  await rig?.close();
});

function clientWith(allowTargets: string[]): IdentityClient {
  const client = { tokenPath: '/oauth/v2/token', clientId: 'sallyport', clientSecret: 'shh' };
  return createIdentityClient({
    publicUrl: rig.ctx.publicUrl,
    portalSocket: rig.builtIn.socketPath,
    apiUrls: [apiUrl],
    clientsOf: () => client,
    assertionKey: undefined as never,
    rules: () => ({ allowTargets, ownPorts: [] }),
    clock: rig.ctx.clock,
    ca: tls.cert,
    timeoutMs: 3_000,
  });
}

const fields = () => ({
  ComputerID: String(alice.computer.id),
  IsPersonalCred: 'false',
  ExternalCredentialCheckOutID: newId<CheckOutId>(),
  LoginSessionID: alice.actor.login.id,
  ApiUrl: apiUrl,
  Mode: 'SSH',
  ApiKey: 'their.access-token',
  CredentialID: '0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c11',
  ApiApplicationKey: '5f0d0f0e-6d38-4b8c-9d8f-0f3f8f2d0c12',
  ...screen,
});

async function open(form = fields(), asking = client) {
  const launchId = await boundLaunch(rig.ctx, alice.actor, form, [apiUrl]);
  const ports = { ...rig.ports, getCredential: asking.getCredential };
  return openLaunch(rig.ctx, alice.actor, { launchId, password: 'their master password' }, ports);
}

async function end(sessionId: SessionId): Promise<boolean> {
  const ending = { reason: 'closed', endedAt: rig.ctx.clock.now() } as const;
  return rig.ctx.connection.db.transaction((tx) => endSession(tx, sessionId, ending));
}

async function attemptsOf(sessionId: SessionId) {
  const rows = await rig.ctx.connection.db
    .select({ n: jobAttempts.n, outcome: jobAttempts.outcome, status: jobAttempts.status })
    .from(jobAttempts)
    .innerJoin(jobs, eq(jobs.id, jobAttempts.jobId))
    .where(eq(jobs.sessionId, sessionId))
    .orderBy(jobAttempts.n);
  return rows.map(({ outcome, status }) => `${outcome} ${status}`);
}

async function drainUntil(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 60 && !(await check()); i++) {
    rig.ctx.clock.advance(40 * 60_000);
    await runner.drain();
  }
}

const isQuestion = ({ path }: Seen) => path?.endsWith('/getcredential');

const stateOf = async (sessionId: SessionId) => {
  const [job] = await rig.ctx.connection.db.select().from(jobs).where(eq(jobs.sessionId, sessionId));
  return job?.state;
};

describe('getcredential', () => {
  test('is asked with the headers and the body of the contract, and answered as the example is', async () => {
    const form = fields();
    const { sessionId } = valueIn(await open(form));
    expect(seen).toHaveLength(1);
    const [call] = seen;
    expect(call).toMatchObject({ method: 'POST', path: '/api/services/v1/secureaccessgateway/getcredential' });
    expect(call!.headers).toMatchObject({
      authorization: 'Bearer their.access-token',
      apiapplicationkey: form.ApiApplicationKey,
      'content-type': 'application/json',
    });
    expect(call!.headers['sallyport-assertion']).toBeUndefined();
    expect(call!.headers.cookie).toBeUndefined();
    expect(JSON.parse(call!.body)).toEqual({
      computer: form.ComputerID,
      credential: form.CredentialID,
      password: 'their master password',
      mode: 'SSH',
      session: sessionId,
      loginsessionid: form.LoginSessionID,
    });
    expect(rig.held.get(sessionId)).toEqual({
      mode: 'SSH',
      targets: [
        { server: 'servername.domain.com', port: 3389 },
        { server: '192.168.7.8', port: 3389 },
      ],
      credential: { type: 'password', username: 'Domain\\username', password: 'DecryptedPassword' },
      notes: null,
      flags: { record: true, allowLiveSnooping: true, allowJoinRequests: false, allowJoinInvites: false },
    });
  });

  test.each<[string, Answer | 'hang up', string]>([
    [
      'a wrong master password, with a code',
      { status: 401, body: { error: 'invalid_master_password' } },
      'invalid_master_password',
    ],
    ['a wrong master password, without one', { status: 401 }, 'invalid_master_password'],
    [
      'an expired token, with a code',
      { status: 401, body: { error: { code: 'access_token_expired' } } },
      'access_expired',
    ],
    [
      'an expired token, by its header',
      { status: 401, headers: { 'www-authenticate': 'Bearer realm="x", error="invalid_token"' } },
      'access_expired',
    ],
    ['a policy', { status: 403, body: { message: 'Not on Sundays.' } }, 'identity_refused'],
    ['a credential that is checked out', { status: 409 }, 'identity_refused'],
    ['too many', { status: 429, headers: { 'retry-after': '7' } }, 'too_many_attempts'],
    ['a redirect', { status: 302, headers: { location: 'http://169.254.169.254/' } }, 'identity_refused'],
    ['a breakdown', { status: 500 }, 'identity_refused'],
    ['nonsense', { status: 200, body: { hello: 'world' } }, 'identity_refused'],
    [
      'an answer that is too long',
      { status: 200, body: { ...example, Notes: 'x'.repeat(100_000) } },
      'identity_refused',
    ],
    ['silence', 'hang up', 'identity_refused'],
  ])('that is answered with %s opens nothing', async (_, said, code) => {
    answer = () => said;
    const outcome = await open();
    expect(outcome).toMatchObject({ ok: false, code });
    if (code === 'too_many_attempts') expect(outcome).toMatchObject({ params: { seconds: 7 } });
    expect(seen.filter(isQuestion)).toHaveLength(1);
    expect(JSON.stringify(outcome)).not.toContain('their master password');
  });

  test('is never asked at an address inside, wherever the name leads', async () => {
    expect(await open(fields(), clientWith([]))).toMatchObject({ ok: false, code: 'identity_refused' });
    const mine = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.personId, alice.person.id));
    expect(mine).toMatchObject([{ state: 'requested', endOwed: null }]);
    expect(seen.filter(isQuestion)).toEqual([]);
  });
});

describe('endsession', () => {
  test('is said once the session ends, with what it was, and once is enough', async () => {
    const form = fields();
    const { sessionId } = valueIn(await open(form));
    seen = [];
    expect([await end(sessionId), await end(sessionId)]).toEqual([true, false]);
    await runner.drain();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ path: '/api/services/v1/secureaccessgateway/endsession' });
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Bearer their.access-token',
      'idempotency-key': sessionId,
    });
    expect(JSON.parse(seen[0]!.body)).toEqual({
      computer: form.ComputerID,
      credential: form.CredentialID,
      session: sessionId,
      loginsessionid: form.LoginSessionID,
      checkout: form.ExternalCredentialCheckOutID,
      mode: 'SSH',
      startedAt: null,
      endedAt: expect.stringMatching(/^\d{4}-/),
      reason: 'closed',
    });
    expect(await attemptsOf(sessionId)).toEqual(['done 200']);
    const [job] = await rig.ctx.connection.db.select().from(jobs).where(eq(jobs.sessionId, sessionId));
    expect(job).toMatchObject({ state: 'done', payload: null });
  });

  test('is owed when no answer says whether a credential was given, and not when one says that none was', async () => {
    answer = () => 'hang up';
    await open();
    answer = () => ({ status: 403 });
    await open();
    const mine = await rig.ctx.connection.db.select().from(sessions).where(eq(sessions.personId, alice.person.id));
    expect(mine).toHaveLength(2);
    const states = await Promise.all(mine.map(({ id }) => stateOf(id)));
    expect(states.filter(Boolean)).toHaveLength(1);
  });

  test('gets a new token by our own credentials when the old one has expired', async () => {
    const { sessionId } = valueIn(await open());
    answer = ({ path, headers }) => {
      if (path === '/oauth/v2/token') return { status: 200, body: { access_token: 'a-new-token' } };
      return { status: headers.authorization === 'Bearer a-new-token' ? 200 : 401 };
    };
    await end(sessionId);
    await drainUntil(async () => (await stateOf(sessionId)) === 'done');
    expect(await attemptsOf(sessionId)).toEqual(['refused 401', 'done 200']);
    const asked = seen.find(({ path }) => path === '/oauth/v2/token');
    expect(asked).toMatchObject({ body: 'grant_type=client_credentials' });
    expect(asked!.headers.authorization).toBe(`Basic ${Buffer.from('sallyport:shh').toString('base64')}`);
  });

  test('tries at most seven new tokens, then gives up until somebody sends it again', async () => {
    const { sessionId } = valueIn(await open());
    answer = ({ path }) =>
      path === '/oauth/v2/token' ? { status: 200, body: { access_token: 'no' } } : { status: 401 };
    await end(sessionId);
    await drainUntil(async () => (await stateOf(sessionId)) === 'failed');
    expect(await attemptsOf(sessionId)).toEqual(Array.from({ length: 8 }, () => 'refused 401'));
    answer = () => ({ status: 200 });
    const { actor: admin } = await signIn(rig.ctx, await aPerson(rig.ctx.connection.db, { roles: ['admin'] }));
    expect(await sendEndSessionAgain(rig.ctx, alice.actor, { sessionId })).toMatchObject({ code: 'forbidden' });
    valueIn(await sendEndSessionAgain(rig.ctx, admin, { sessionId }));
    await runner.drain();
    const delivery = valueIn(await getEndSessionDelivery(rig.ctx, admin, { sessionId }));
    expect(delivery).toMatchObject({ state: 'done', maySendAgain: false });
    expect(delivery?.tries).toHaveLength(9);
  });

  test('goes on for a day through whatever else is wrong, further and further apart', async () => {
    const { sessionId } = valueIn(await open());
    answer = () => 'hang up';
    await end(sessionId);
    await drainUntil(async () => (await stateOf(sessionId)) === 'failed');
    const attempts = await attemptsOf(sessionId);
    expect(attempts.length).toBeGreaterThan(10);
    expect(new Set(attempts)).toEqual(new Set(['unreachable null']));
  });
});
