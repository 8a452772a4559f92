/**
 * Contract: every way a session can end has its own reason, is written once with its evidence, and reaches the screen.
 * A right that is withdrawn ends the session within a second; a recorder that is required and fails ends it too; and
 * nothing secret reaches a host whose key is not the pinned or approved one.
 */
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { notify } from '../../db/notify.ts';
import { computers, grants, hostKeys, loginSessions, people } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import { type FakeSshServer, newHostKey, startFakeSshServer } from '../bridges/testing/fake-ssh-server.ts';
import { freePort } from '../demo/private-sshd.ts';
import type { RecordingStore } from '../recording/port.ts';
import { createRecordingStore } from '../recording/store.ts';
import { type LiveRig, type LiveSession, startLiveRig, type Wanted } from './testing/live-rig.ts';

/** What a test wants to see fail. */
const faults: { open?: Error; tinyQueue?: boolean; credential?: boolean } = {};

/** The real store, or one whose recorder fails as soon as the disk does not keep up with a small burst. */
const failingStore: RecordingStore = {
  async open(subject, size, callbacks) {
    if (faults.open) throw faults.open;
    return (faults.tinyQueue ? tinyStore() : rig.recordings).open(subject, size, callbacks);
  },
  openScratch: (...order) => rig.recordings.openScratch(...order),
  sealAfterCrash: (...order) => rig.recordings.sealAfterCrash(...order),
};

function tinyStore(): RecordingStore {
  return createRecordingStore({
    root: rig.recordingsDir,
    key: rig.ctx.keyring.recording,
    clock: { now: () => new Date() },
    monotonicMs: () => performance.now(),
    limits: { maxQueuedBytes: 8 * 1024 },
  });
}

const burst = "head -c 3000000 /dev/zero | tr '\\0' x; echo\r";

let rig: LiveRig;
const servers: FakeSshServer[] = [];
const diskFull = Object.assign(new Error('write /var/secret/path'), { code: 'ENOSPC' });

beforeAll(async () => {
  rig = await startLiveRig({
    ports: {
      recordings: failingStore,
      takeConnection: (id) => (faults.credential ? undefined : rig.connections.take(id)),
    },
  });
});
afterEach(async () => {
  for (const fault of Object.keys(faults)) delete faults[fault as keyof typeof faults];
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(async () => rig?.close());

async function fakeServer(behaviour: Parameters<typeof startFakeSshServer>[0] = {}): Promise<FakeSshServer> {
  const server = await startFakeSshServer(behaviour);
  servers.push(server);
  return server;
}

async function openAndWork(wanted?: Wanted) {
  const opened = await rig.open(wanted);
  await opened.browser.control('opened');
  return opened;
}

const endedEvents = async ({ id }: LiveSession) => {
  await rig.endedRow(id);
  return (await rig.audit(id)).filter(({ kind }) => kind === 'session.ended').map(({ subject }) => subject.reason);
};

describe('a right that is withdrawn', () => {
  const changes: [string, string, (session: LiveSession) => Promise<unknown>][] = [
    [
      'a revoked grant',
      'revoked',
      ({ authorized }) =>
        rig.database.connection.db
          .update(grants)
          .set({ revokedAt: new Date() })
          .where(eq(grants.id, authorized.grant.id)),
    ],
    [
      'a disabled person',
      'revoked',
      ({ actor }) =>
        rig.database.connection.db.update(people).set({ disabledAt: new Date() }).where(eq(people.id, actor.person.id)),
    ],
    [
      'a disabled computer',
      'revoked',
      ({ authorized }) =>
        rig.database.connection.db
          .update(computers)
          .set({ disabledAt: new Date() })
          .where(eq(computers.id, authorized.computer.id)),
    ],
    [
      'a sign-out',
      'signed_out',
      ({ actor }) =>
        rig.database.connection.db
          .update(loginSessions)
          .set({ revokedAt: new Date() })
          .where(eq(loginSessions.id, actor.login.id)),
    ],
  ];

  it.each(changes)('%s ends the session as %s within a second of the notification', async (_, reason, change) => {
    const { session, browser } = await openAndWork();
    await change(session);
    const startMs = performance.now();
    await notify(rig.database.connection.db, 'access_changed', {});
    expect((await browser.ended()).reason).toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect((await rig.endedRow(session.id)).endReason).toBe(reason);
    expect(await endedEvents(session)).toEqual([reason]);
  });

  it('is noticed without a notification as well', async () => {
    const { session, browser } = await openAndWork();
    await changes[0]![2](session);
    expect((await browser.ended()).reason).toBe('revoked');
  });

  it('leaves the sessions of others alone', async () => {
    const { browser: other } = await openAndWork();
    const { session, browser } = await openAndWork();
    await changes[0]![2](session);
    await notify(rig.database.connection.db, 'access_changed', {});
    await browser.ended();
    other.type('echo al$((1))ve\r');
    await other.saw('al1ve');
    other.close();
    await other.ended();
  });
});

it('ends a session that somebody with the right asks to end, and records who', async () => {
  const { session, browser } = await openAndWork({ policy: { recording: 'required' } });
  const asked = { reason: 'terminated', by: 'Ada', detail: 'Reason: Maintenance.' } as const;
  await notify(rig.database.connection.db, 'end_session', { sessionId: session.id, ...asked });
  expect(await browser.ended()).toMatchObject({ reason: 'terminated', detail: 'Reason: Maintenance.' });
  expect((await rig.endedRow(session.id)).endDetail).toBe('Reason: Maintenance.');
  expect(await endedEvents(session)).toEqual(['terminated']);
  expect((await rig.recordingRow(session.id))?.sealReason).toBe('terminated');
});

describe('the person', () => {
  it('ends it', async () => {
    const { session, browser } = await openAndWork();
    browser.close();
    expect((await browser.ended()).reason).toBe('closed');
    expect((await browser.closed).code).toBe(1000);
    expect(await endedEvents(session)).toEqual(['closed']);
  });

  it('leaves it, and it is closed at the host as well', async () => {
    const { session, browser } = await openAndWork({ policy: { recording: 'required' } });
    browser.socket.terminate();
    await expect.poll(async () => (await rig.row(session.id)).endReason).toBe('left');
    expect((await rig.recordingRow(session.id))?.state).toBe('sealed');
  });

  it('leaves before it was open, at any moment, and nothing stays', async () => {
    for (const step of ['progress', 'opened'] as const) {
      const { session, browser } = await rig.open({ policy: { recording: 'required' } });
      await browser.control(step);
      browser.socket.terminate();
      await expect.poll(async () => (await rig.row(session.id)).endReason).toBe('left');
      expect((await rig.recordingRow(session.id))?.state).toBe('sealed');
    }
    await expect.poll(() => rig.live.counts()).toEqual({ opening: 0, active: 0 });
  });
});

describe('the host', () => {
  it('that is down is unreachable', async () => {
    const port = await freePort();
    const { session, browser } = await rig.open({ port });
    expect(await browser.ended()).toMatchObject({
      reason: 'unreachable',
      detail: `127.0.0.1 port ${port} refused the connection: nothing listens there.`,
    });
    expect(await endedEvents(session)).toEqual(['unreachable']);
  });

  it('that refuses the password says so, and was asked once', async () => {
    const server = await fakeServer({
      onAuth: (context) => context.reject(['password', 'keyboard-interactive']),
    });
    const { browser } = await rig.open({
      port: server.port,
      secret: { type: 'password', password: 'sesame' },
      pinned: { keyType: 'ssh-ed25519', publicKey: server.publicKey, fingerprint: server.fingerprint },
    });
    expect((await browser.ended()).reason).toBe('sign_in_refused');
    expect(server.attempts).toEqual([{ method: 'none' }, { method: 'password', secret: 'sesame' }]);
  });

  it('that changed its key gets nothing, and both fingerprints are told and audited', async () => {
    const server = await fakeServer();
    const pinned = { keyType: 'ssh-ed25519', publicKey: Buffer.from('other'), fingerprint: 'SHA256:other' };
    const { session, browser } = await rig.open({
      port: server.port,
      secret: { type: 'password', password: 'sesame' },
      pinned,
      actor: await anActor(rig.database.connection.db, ['admin']),
      policy: { trustFirstHostKey: true },
    });
    const ended = await browser.ended();
    expect(ended.reason).toBe('host_key_changed');
    expect(ended.detail).toBe(`Pinned: ssh-ed25519 SHA256:other. Shown: ssh-ed25519 ${server.fingerprint}.`);
    expect(server.attempts).toEqual([]);
    expect(await rig.audit(session.id)).toContainEqual({
      kind: 'host_key.mismatch',
      subject: { server: '127.0.0.1', port: server.port, pinned: 'SHA256:other', shown: server.fingerprint },
    });
  });
});

describe('a host key that nobody pinned', () => {
  const first = (server: FakeSshServer, policy: Wanted['policy']): Wanted => ({
    port: server.port,
    secret: { type: 'password', password: 'sesame' },
    pinned: null,
    ...(policy && { policy }),
  });

  it('is refused where the person may not approve it, before anything is sent', async () => {
    const server = await fakeServer();
    const { browser } = await rig.open(first(server, { trustFirstHostKey: false }));
    const ended = await browser.ended();
    expect(ended.reason).toBe('host_key_refused');
    expect(ended.detail).toContain(server.fingerprint);
    expect(server.attempts).toEqual([]);
  });

  it('is shown to who may, and a no sends nothing and pins nothing', async () => {
    const server = await fakeServer();
    const { browser } = await rig.open(first(server, { trustFirstHostKey: true }));
    expect(await browser.control('host-key')).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      keyType: 'ssh-ed25519',
      fingerprint: server.fingerprint,
    });
    expect(server.attempts).toEqual([]);
    browser.approveHostKey(false);
    expect((await browser.ended()).reason).toBe('host_key_refused');
    expect(server.attempts).toEqual([]);
    const { db } = rig.database.connection;
    expect(await db.select().from(hostKeys).where(eq(hostKeys.port, server.port))).toEqual([]);
  });

  it('is pinned by a yes, for everyone, and asked about no more', async () => {
    const server = await fakeServer({ onShell: (channel) => channel.write('welcome') });
    const { session, browser } = await rig.open(first(server, { trustFirstHostKey: true }));
    await browser.control('host-key');
    browser.approveHostKey(true);
    await browser.saw('welcome');
    expect((await rig.audit(session.id)).map(({ kind }) => kind)).toContain('host_key.pinned');
    const { db } = rig.database.connection;
    const [row] = await db.select().from(hostKeys).where(eq(hostKeys.port, server.port));
    expect(row).toMatchObject({ fingerprint: server.fingerprint, pinnedBy: session.actor.person.id });

    const again = await rig.open(first(server, { trustFirstHostKey: false }));
    await again.browser.saw('welcome');
    expect(again.browser.controls.map(({ type }) => type)).not.toContain('host-key');
  });

  it('is not approved by somebody who left', async () => {
    const server = await fakeServer();
    const { session, browser } = await rig.open(first(server, { trustFirstHostKey: true }));
    await browser.control('host-key');
    browser.socket.terminate();
    await expect.poll(async () => (await rig.row(session.id)).endReason).toBe('left');
    expect(server.attempts).toEqual([]);
  });

  it('loses against the one that was pinned while the person thought', async () => {
    const server = await fakeServer();
    const { browser } = await rig.open(first(server, { trustFirstHostKey: true }));
    await browser.control('host-key');
    const { db } = rig.database.connection;
    const other = { keyType: 'ssh-ed25519', publicKey: Buffer.from(newHostKey()), fingerprint: 'SHA256:other' };
    await db.insert(hostKeys).values({ server: '127.0.0.1', port: server.port, ...other });
    browser.approveHostKey(true);
    expect((await browser.ended()).reason).toBe('host_key_changed');
    expect(server.attempts).toEqual([]);
  });
});

describe('a recorder', () => {
  it('that cannot open ends a session that must be recorded, before anything is released or dialled', async () => {
    faults.open = diskFull;
    const { session, browser } = await rig.open({ policy: { recording: 'required' } });
    expect(await browser.ended()).toMatchObject({
      reason: 'recorder_failed',
      detail: 'The disk of the recordings is full.',
    });
    const kinds = (await rig.audit(session.id)).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['recording.failed', 'session.ended']);
  });

  it('that cannot open is told where the recording is best effort, and the session goes on', async () => {
    faults.open = diskFull;
    const { session, browser } = await openAndWork({ policy: { recording: 'best_effort' } });
    expect((await browser.control('opened')).recorded).toBe(false);
    expect((await browser.control('notice')).text).toContain('not recorded');
    browser.type('exit\r');
    expect((await browser.ended()).reason).toBe('exited');
    expect((await rig.audit(session.id)).map(({ kind }) => kind)).toContain('recording.failed');
  });

  it('that fails while a session runs ends it, and what it wrote is sealed', async () => {
    faults.tinyQueue = true;
    const { session, browser } = await openAndWork({ policy: { recording: 'required' } });
    browser.type('echo be$((4))ore\r');
    await browser.saw('be4ore');
    browser.type(burst);
    expect(await browser.ended()).toMatchObject({
      reason: 'recorder_failed',
      detail: 'The recording could not be written.',
    });
    expect((await rig.endedRow(session.id)).endReason).toBe('recorder_failed');
    expect(await rig.recordingRow(session.id)).toMatchObject({ state: 'sealed', sealReason: 'recorder_failed' });
  });

  it('that fails where the recording is best effort is told, once, and the session goes on', async () => {
    faults.tinyQueue = true;
    const { session, browser } = await openAndWork({ policy: { recording: 'best_effort' } });
    browser.type(burst);
    expect((await browser.control('notice')).text).toBe(
      'This session is not recorded from here on. The recording could not be written.',
    );
    browser.type('echo g$((1))on\r');
    await browser.saw('g1on');
    browser.close();
    expect((await browser.ended()).reason).toBe('closed');
    expect(browser.controls.filter(({ type }) => type === 'notice')).toHaveLength(1);
    const kinds = (await rig.audit(session.id)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'recording.failed')).toHaveLength(1);
  });
});

it('ends before anything is dialled when the credential cannot be opened', async () => {
  faults.credential = true;
  const server = await fakeServer();
  const { browser } = await rig.open({ port: server.port });
  expect((await browser.ended()).reason).toBe('credential_unavailable');
  expect(server.connections).toEqual([]);
});

it('tells the person in time when the evidence takes longer', async () => {
  const { session, browser } = await openAndWork({ policy: { recording: 'required' } });
  const { connection } = rig.database;
  await connection.sql.begin(async (sql) => {
    await sql`select 1 from sessions where id = ${session.id} for update`;
    browser.close();
    expect((await browser.ended()).reason).toBe('closed');
  });
  await expect.poll(async () => (await rig.row(session.id)).endReason).toBe('closed');
});

describe('endings that race', () => {
  it('end once, with one reason for all', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { session, browser } = await openAndWork({ policy: { recording: 'required' } });
      const { db } = rig.database.connection;
      browser.type('exit 1\r');
      browser.close();
      await Promise.all([
        notify(db, 'end_session', { sessionId: session.id, reason: 'terminated', by: 'Ada' }),
        db.update(grants).set({ revokedAt: new Date() }).where(eq(grants.id, session.authorized.grant.id)),
        notify(db, 'access_changed', {}),
      ]);
      const { reason } = await browser.ended();
      await browser.closed;
      expect(await endedEvents(session)).toEqual([reason]);
      expect((await rig.endedRow(session.id)).endReason).toBe(reason);
      expect(browser.controls.filter(({ type }) => type === 'ended')).toHaveLength(1);
      expect((await rig.recordingRow(session.id))?.sealReason).toBe(reason);
    }
  });
});
