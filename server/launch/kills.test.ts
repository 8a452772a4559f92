/**
 * Contract: kill the gateway at whatever step you like between the question for a credential and the last word about it:
 * the next one ends what the first had begun, and the identity system takes note of the end of each session, whatever it
 * had heard of it, exactly once. Every attempt to tell it stands on the session's page. Over real processes, a real
 * database, a real sshd and an identity system elsewhere that honours the idempotency key.
 */
import { createServer } from 'node:net';
import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { jobs, sessions } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { getEndSessionDelivery } from '../desk/end-session-delivery.ts';
import type { SessionId } from '../ids.ts';
import { endSessionKind } from './end-session-job.ts';
import { KillRig, type Waiting } from './testing/kill-rig.ts';

let rig: KillRig;
let alice: Waiting;
let admin: Actor;
const all: SessionId[] = [];
const slow = 60_000;

beforeAll(async () => {
  rig = await KillRig.open();
  admin = await anActor(rig.ctx.connection.db, ['admin']);
}, slow);
beforeEach(async () => {
  alice = await rig.launch();
});
// One gateway is at work at a time: that of the next test begins where this one was killed.
afterEach(async () => {
  const { id } = await rig.sessionOf(alice);
  all.push(id);
  expect([...rig.api.noted].sort()).toEqual([...all].sort());
}, slow);
afterAll(() => rig?.close());

type Told = { reason: string; attempts: string[]; times: number };

/** Starts the gateway again and waits until all is said; the session must then be over, and told once. */
async function restartAndSee(): Promise<Told> {
  await rig.start();
  const { db, sql } = rig.ctx.connection;
  const { id } = await rig.sessionOf(alice);
  const delivery = async () => valueIn(await getEndSessionDelivery(rig.ctx, admin, { sessionId: id }));
  await rig.until(async () => (await delivery())?.state === 'done');
  const [row] = await db.select().from(sessions).where(eq(sessions.id, id));
  expect(row).toMatchObject({ state: 'ended', endOwed: null });
  expect(
    await db
      .select()
      .from(jobs)
      .where(and(eq(jobs.sessionId, id), eq(jobs.kind, endSessionKind))),
  ).toMatchObject([{ state: 'done', payload: null }]);
  const events = await sql`select kind from audit_events where session_id = ${id}
    and kind in ('session.ended', 'end_session.delivered') order by kind`;
  expect(events.map(({ kind }) => kind)).toEqual(['end_session.delivered', 'session.ended']);
  const tries = (await delivery())?.tries ?? [];
  return {
    reason: row?.endReason ?? '',
    attempts: tries.map(({ outcome }) => outcome).reverse(),
    times: rig.api.told.get(id) ?? 0,
  };
}

const once = { attempts: ['done'], times: 1 };

test('before the identity system is asked', { timeout: slow }, async () => {
  const connected = rig.api.connected().then(() => rig.kill());
  expect(await rig.ask(alice)).toMatchObject({ ok: false });
  await connected;
  expect(await restartAndSee()).toEqual({ reason: 'abandoned', ...once });
});

test('while it answers', { timeout: slow }, async () => {
  const { reached, release } = rig.api.hold('getcredential');
  const asked = rig.ask(alice);
  await reached;
  await rig.kill();
  release();
  expect(await asked).toMatchObject({ ok: false });
  expect(await restartAndSee()).toEqual({ reason: 'abandoned', ...once });
});

test('after its answer, before it is noted that one came', { timeout: slow }, async () => {
  const { reached, release } = rig.api.hold('getcredential');
  const asked = rig.ask(alice);
  await reached;
  await rig.killAt(`select 1 from launches where id = '${alice.launchId}' for update`, '"opened_at" =', release);
  expect(await asked).toMatchObject({ ok: false });
  expect(await restartAndSee()).toEqual({ reason: 'abandoned', ...once });
});

test('when the credential was given', { timeout: slow }, async () => {
  await rig.given(alice);
  await rig.kill();
  expect(await restartAndSee()).toEqual({ reason: 'abandoned', ...once });
});

test('when there is a ticket', { timeout: slow }, async () => {
  const sessionId = await rig.given(alice);
  const ticket = await rig.ticket(alice, sessionId);
  await rig.kill();
  expect(await restartAndSee()).toEqual({ reason: 'abandoned', ...once });
  await expect(rig.browser(alice, ticket)).rejects.toThrow();
});

test('while the computer is dialled', { timeout: slow }, async () => {
  const silent = createServer();
  const dialled = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const there = rig.aim.port;
  rig.aim.port = (silent.address() as { port: number }).port;
  const sessionId = await rig.given(alice);
  rig.aim.port = there;
  await rig.browser(alice, await rig.ticket(alice, sessionId));
  await dialled;
  await rig.kill();
  silent.close();
  expect(await restartAndSee()).toEqual({ reason: 'crashed', ...once });
});

test('while somebody works', { timeout: slow }, async () => {
  const { browser } = await rig.atWork(alice);
  browser.type('echo before-$((40 + 2))\n');
  await browser.saw('before-42');
  await rig.kill();
  await browser.closed;
  expect(await restartAndSee()).toEqual({ reason: 'crashed', ...once });
});

test('while it ends', { timeout: slow }, async () => {
  const { sessionId, browser } = await rig.atWork(alice);
  const lock = `select 1 from sessions where id = '${sessionId}' for update`;
  await rig.killAt(lock, '"end_reason" =', () => browser.close());
  expect((await rig.sessionOf(alice)).state).toBe('active');
  expect(await restartAndSee()).toEqual({ reason: 'crashed', ...once });
});

test('between its end and the first attempt to tell it', { timeout: slow }, async () => {
  const { browser } = await rig.atWork(alice);
  await rig.killAt('lock table job_attempts in share mode', 'insert into "job_attempts"', () => browser.close());
  expect(await rig.sessionOf(alice)).toMatchObject({ state: 'ended', end_reason: 'closed' });
  expect(await restartAndSee()).toEqual({ reason: 'closed', ...once });
});

test('when it was told, before it could answer', { timeout: slow }, async () => {
  const { browser } = await rig.atWork(alice);
  const { reached, release } = rig.api.hold('endsession');
  browser.close();
  await reached;
  await rig.kill();
  release();
  expect(await restartAndSee()).toEqual({ reason: 'closed', attempts: ['started', 'done'], times: 2 });
});

test('when it answered that it was told, before that is noted here', { timeout: slow }, async () => {
  const { browser } = await rig.atWork(alice);
  const { reached, release } = rig.api.hold('endsession');
  browser.close();
  await reached;
  await rig.killAt('lock table job_attempts in share mode', 'update "job_attempts"', release);
  expect(await restartAndSee()).toEqual({ reason: 'closed', attempts: ['started', 'done'], times: 2 });
});

test('not at all: the same way without a kill', { timeout: slow }, async () => {
  const { browser } = await rig.atWork(alice);
  browser.close();
  await rig.until(async () => rig.api.noted.includes((await rig.sessionOf(alice)).id));
  expect((await rig.sessionOf(alice)).state).toBe('ended');
});
