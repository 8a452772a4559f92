/**
 * Contract: the lease of a live session is renewed by its gateway; a session whose gateway is gone is ended and its
 * recording sealed as a crash, by whoever comes next and once; a gateway that lost its lease or its database lets go;
 * and a stop ends and seals everything in time.
 */
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markEnded } from '../../db/queries/sessions.ts';
import { auditEvents, recordings, sessions } from '../../db/schema.ts';
import { anActor, aSession } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { newId, type SessionId, type WriterId } from '../ids.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createLive } from './live.ts';
import { createReaper } from './reaper.ts';
import { Registry } from './registry.ts';
import { leaseMs } from './session-store.ts';
import type { TerminalSession } from './terminal-session.ts';
import { type LiveRig, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(async () => rig?.close());

const past = () => new Date(rig.ctx.clock.now().getTime() - 1);
const reaperOf = (registry = new Registry()) => createReaper(rig.ctx, registry, rig.recordings);

/** A session as a gateway that was killed leaves it behind, with a recorder that never sealed. */
async function leftBehind(state: 'requested' | 'opening' | 'active', leaseUntil = past()) {
  const { db } = rig.database.connection;
  const actor = await anActor(db);
  const session = await aSession(db, actor, {
    state,
    leaseUntil,
    gatewayId: state === 'requested' ? null : newId<WriterId>(),
    openedAt: state === 'active' ? new Date() : null,
  });
  return { actor, session };
}

async function unsealed(sessionId: SessionId, actor: Awaited<ReturnType<typeof anActor>>) {
  const { id, name, email } = actor.person;
  const { recorder, path } = await rig.recordings.open(
    {
      sessionId,
      person: { id, name, email },
      computer: { id: 1, name: 'c', server: 's', port: 22 },
      account: 'root',
      mode: 'SSH',
      policy: {},
    },
    { columns: 80, rows: 24 },
    { onSegment: () => undefined, onFailure: () => undefined },
  );
  recorder.output(Buffer.from('half a wor'));
  await rig.database.connection.db.insert(recordings).values({ sessionId, path, startedAt: new Date() });
  return recorder;
}

const endedEvents = async (id: SessionId) =>
  (await rig.audit(id)).filter(({ kind }) => kind === 'session.ended').map(({ subject }) => subject.reason);

describe('what a gateway leaves behind', () => {
  it.each([
    ['requested', 'abandoned'],
    ['opening', 'crashed'],
    ['active', 'crashed'],
  ] as const)('is ended when its lease has run out: %s, as %s', async (state, reason) => {
    const { session } = await leftBehind(state);
    await Promise.all([reaperOf().reap(), reaperOf().reap()]);
    expect(await rig.row(session.id)).toMatchObject({ state: 'ended', endReason: reason });
    expect(await endedEvents(session.id)).toEqual([reason]);
  });

  it('is left alone while its lease holds', async () => {
    const { session } = await leftBehind('active', new Date(rig.ctx.clock.now().getTime() + leaseMs));
    await reaperOf().reap();
    expect((await rig.row(session.id)).state).toBe('active');
    await reaperOf().reapLeftBehind();
    expect(await rig.row(session.id)).toMatchObject({ state: 'ended', endReason: 'crashed' });
  });

  it('is ended at the start of the next gateway, when there is only one, with its recording sealed as a crash', async () => {
    const { actor, session } = await leftBehind('active', new Date(rig.ctx.clock.now().getTime() + leaseMs));
    const recorder = await unsealed(session.id, actor);
    const next = await createLive({
      context: testContext(rig.database.connection),
      config: { allowTargets: [], awsListen: { host: '127.0.0.1', port: 2 }, port: 1 },
      recordings: rig.recordings,
      screens: rig.screens,
      connections: rig.connections,
      isOnlyGateway: true,
    });
    expect(await rig.row(session.id)).toMatchObject({ state: 'ended', endReason: 'crashed' });
    expect(await rig.recordingRow(session.id)).toMatchObject({ state: 'sealed', sealReason: 'crash' });
    expect((await rig.audit(session.id)).map(({ kind }) => kind)).toContain('recording.sealed');
    await next.stop();
    await recorder.seal('late').catch(() => undefined);
  });

  it('has its recording sealed even if the row was ended before', async () => {
    const { actor, session } = await leftBehind('active');
    const recorder = await unsealed(session.id, actor);
    await markEnded(rig.database.connection.db, session.id, { reason: 'closed', endedAt: new Date() });
    await reaperOf().reap();
    expect(await rig.recordingRow(session.id)).toMatchObject({ state: 'sealed', sealReason: 'crash' });
    expect((await rig.row(session.id)).endReason).toBe('closed');
    await recorder.seal('late').catch(() => undefined);
  });

  it('gets no signature for a recording that is not the one that was anchored', async () => {
    const { actor, session } = await leftBehind('active');
    const recorder = await unsealed(session.id, actor);
    const subject = { seq: 0, head: 'a'.repeat(64) };
    await rig.ctx.audit.append({ kind: 'recording.segment', sessionId: session.id, subject });
    await reaperOf().reap();
    expect(await rig.recordingRow(session.id)).toMatchObject({ state: 'failed', sealReason: 'forged' });
    const events = await rig.audit(session.id);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'recording.failed', subject: { code: 'forged' } }));
    expect(events.map(({ kind }) => kind)).not.toContain('recording.sealed');
    await recorder.seal('late').catch(() => undefined);
  });

  it('has its recording marked as failed when there is nothing on the disk', async () => {
    const { session } = await leftBehind('active');
    const row = { sessionId: session.id, path: `2026/01/01/${session.id}`, startedAt: new Date() };
    await rig.database.connection.db.insert(recordings).values(row);
    await reaperOf().reap();
    expect((await rig.recordingRow(session.id))?.state).toBe('failed');
    await reaperOf().reap();
    const { db } = rig.database.connection;
    const about = and(eq(auditEvents.sessionId, session.id), eq(auditEvents.kind, 'recording.failed'));
    expect(await db.select().from(auditEvents).where(about)).toHaveLength(1);
  });

  it('is not touched while this gateway still ends it', async () => {
    const { session } = await leftBehind('active');
    const registry = new Registry();
    registry.add({ id: session.id, over: new Promise(() => undefined) } as unknown as TerminalSession);
    await reaperOf(registry).reap();
    expect((await rig.row(session.id)).state).toBe('active');
    await reaperOf().reap();
  });
});

describe('a lease', () => {
  it('is renewed for what is held, and a session that was ended elsewhere is let go', async () => {
    const { session, browser } = await rig.open();
    await browser.control('opened');
    const { db } = rig.database.connection;
    const registry = new Registry();
    const endings: unknown[] = [];
    const held = {
      id: session.id,
      isHeld: true,
      isEnding: false,
      over: new Promise(() => undefined),
      end: (ending: unknown) => endings.push(ending),
    };
    registry.add(held as unknown as TerminalSession);
    const heartbeat = createHeartbeat(rig.ctx, registry);
    rig.ctx.clock.advance(10_000);
    await heartbeat.beat();
    expect((await rig.row(session.id)).leaseUntil.getTime()).toBe(rig.ctx.clock.now().getTime() + leaseMs);
    expect(endings).toEqual([]);
    await db.update(sessions).set({ gatewayId: newId<WriterId>() }).where(eq(sessions.id, session.id));
    await heartbeat.beat();
    expect(endings).toEqual([{ reason: 'failed', detail: 'This session was ended elsewhere.' }]);
    browser.close();
    await browser.ended();
  });

  it('that cannot be renewed for its whole length ends what was held', async () => {
    const endings: { reason: string }[] = [];
    const registry = new Registry();
    const held = { id: newId<SessionId>(), isHeld: true, over: new Promise(() => undefined) };
    registry.add({ ...held, end: (ending: { reason: string }) => endings.push(ending) } as unknown as TerminalSession);
    const dead = { ...rig.database.connection, db: null as never };
    const heartbeat = createHeartbeat({ ...rig.ctx, connection: dead }, registry);
    await heartbeat.beat();
    rig.ctx.clock.advance(leaseMs - 1);
    await heartbeat.beat();
    expect(endings).toEqual([]);
    rig.ctx.clock.advance(1);
    await heartbeat.beat();
    expect(endings).toEqual([expect.objectContaining({ reason: 'failed' })]);
  });
});

it('stops in time: every session ended, sealed and told', async () => {
  const own = await startLiveRig();
  const opened = await Promise.all(Array.from({ length: 4 }, () => own.open({ policy: { recording: 'required' } })));
  await Promise.all(opened.map(({ browser }) => browser.control('opened')));
  expect(own.live.counts()).toEqual({ opening: 0, active: 4 });
  const startMs = performance.now();
  await own.live.stop();
  expect(performance.now() - startMs).toBeLessThan(8_000);
  for (const { session, browser } of opened) {
    expect((await browser.ended()).reason).toBe('stopped');
    expect((await own.row(session.id)).endReason).toBe('stopped');
    expect((await own.recordingRow(session.id))?.state).toBe('sealed');
  }
  const late = await own.open();
  expect((await late.browser.ended()).reason).toBe('stopped');
  await own.close();
});
