import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { WebSocketServer } from 'ws';
import { auditEvents, hostKeys, recordings, sessions } from '../../../db/schema.ts';
import { aComputer, aCredential, aGrant, anActor, aPolicy, snapshotOf } from '../../../db/testing/builders.ts';
import { testContext } from '../../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import type { Actor, Context } from '../../context.ts';
import type { PolicyFacts } from '../../decide/facts.ts';
import { ensureLoginAccount, removeLoginAccount } from '../../demo/login-account.ts';
import { type PrivateSshd, startPrivateSshd } from '../../demo/private-sshd.ts';
import { terminalProblem } from '../../demo/terminals.ts';
import { type LoginSessionId, newId, type SessionId } from '../../ids.ts';
import type { AuthorizedAttachment, AuthorizedConnection, AuthorizedView } from '../../launch/authorized-connection.ts';
import type { ConnectionObject } from '../../launch/connection-object.ts';
import { HeldConnections } from '../../launch/held-connections.ts';
import type { RecordingStore } from '../../recording/port.ts';
import { createScreens, type Screens } from '../../recording/screens.ts';
import { createRecordingStore } from '../../recording/store.ts';
import { bundleScreenWorker } from '../../recording/testing/screen-worker-file.ts';
import { createLive, type Live, type LiveOptions } from '../live.ts';
import { Browser, type Hello } from './browser.ts';
import { Commits } from './commits.ts';

export type Wanted = {
  policy?: Partial<Omit<PolicyFacts, 'id' | 'name'>>;
  port?: number;
  /** Default: the key that the real sshd takes. */
  secret?: { type: 'password'; password: string };
  username?: string;
  /** Default: the key of the real sshd, when the session goes there. */
  pinned?: { keyType: string; publicKey: Uint8Array; fingerprint: string } | null;
  actor?: Actor;
  terms?: { version: number; sha256: string };
  checkOutId?: string;
  /** What the identity API says besides. */
  connection?: Partial<ConnectionObject>;
};

export type LiveSession = { id: SessionId; actor: Actor; authorized: AuthorizedConnection; url: string };

export type LiveRig = {
  ctx: Context & ReturnType<typeof testContext>;
  database: TestDatabase;
  live: Live;
  sshd: PrivateSshd;
  account: string;
  /** The private key that sessions are given, without its frame. */
  secretLines: string[];
  recordingsDir: string;
  recordings: RecordingStore;
  screens: Screens;
  connections: HeldConnections;
  /** A session as `redeemTicket` hands it over, with all its rows. */
  session(wanted?: Wanted): Promise<LiveSession>;
  /** A browser of its person that comes back to a session. */
  back(session: LiveSession, hello?: Hello & { loginId?: LoginSessionId }): Promise<Browser>;
  /** A browser of somebody who looks at a session. */
  watch(session: LiveSession, by: Actor, how?: { isTold?: boolean }): Promise<Browser>;
  /** The same, with a browser at it. */
  open(wanted?: Wanted): Promise<{ session: LiveSession; browser: Browser }>;
  row(id: SessionId): Promise<typeof sessions.$inferSelect>;
  /** The same, once its end is written: on a slow machine the browser hears of it before. */
  endedRow(id: SessionId): Promise<typeof sessions.$inferSelect>;
  recordingRow(id: SessionId): Promise<typeof recordings.$inferSelect | undefined>;
  audit(id: SessionId): Promise<{ kind: string; subject: Record<string, unknown> }[]>;
  close(): Promise<void>;
};

/** A real sshd with an account that signs in there by its key. */
export type Host = { sshd: PrivateSshd; account: string; privateKey: string; stop(): Promise<void> };

export async function startHost(dir: string, log: Context['log']): Promise<Host> {
  const problem = terminalProblem();
  if (problem) throw new Error(`On this machine ${problem}`);
  const asRoot = process.getuid?.() === 0;
  const account = asRoot ? `sp-live-${randomBytes(3).toString('hex')}` : userInfo().username;
  if (asRoot) await ensureLoginAccount(account, randomBytes(9).toString('base64url'));
  execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(dir, 'key')]);
  const accounts = [{ name: account, authorizedKeys: [readFileSync(join(dir, 'key.pub'), 'utf8')] }];
  const sshd = await startPrivateSshd({ dir: join(dir, 'sshd'), accounts, log });
  return {
    sshd,
    account,
    privateKey: readFileSync(join(dir, 'key'), 'utf8'),
    async stop() {
      await sshd.stop();
      if (asRoot) await removeLoginAccount(account);
    },
  };
}

type Door = {
  urlOf(authorized: AuthorizedConnection): string;
  urlOfView(view: AuthorizedView): string;
  close(): Promise<void>;
};

/** Where browsers connect, as the front lets them in: whoever has the address has redeemed a ticket. */
async function openDoor(live: Live): Promise<Door> {
  const waiting = new Map<string, AuthorizedConnection>();
  const views: AuthorizedView[] = [];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 64 * 1024, perMessageDeflate: false });
  server.on('connection', (socket, request) => {
    const view = views[Number((request.url ?? '').split('/view/')[1])];
    if (view)
      return live.attach(
        socket.on('error', () => undefined),
        { purpose: 'watch', authorized: view },
      );
    const authorized = waiting.get((request.url ?? '').split('/')[1] ?? '');
    socket.on('error', () => undefined);
    if (!authorized) return;
    const [, , isBack, loginId] = (request.url ?? '').split('/');
    const { sessionId, actor } = authorized;
    const login = { ...actor.login, ...(loginId && { id: loginId as LoginSessionId }) };
    const back = { sessionId, actor: { ...actor, login } } as AuthorizedAttachment;
    live.attach(socket, isBack ? { purpose: 'attach', authorized: back } : { purpose: 'open', authorized });
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    urlOf(authorized) {
      waiting.set(authorized.sessionId, authorized);
      return `ws://127.0.0.1:${port}/${authorized.sessionId}`;
    },
    urlOfView(view) {
      return `ws://127.0.0.1:${port}/view/${views.push(view) - 1}`;
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** What an identity API would have answered for this session. */
function connectionOf(host: Host, wanted: Wanted, { server, port }: AuthorizedConnection): ConnectionObject {
  const username = wanted.username ?? host.account;
  const secret = wanted.secret ?? { type: 'ssh_key' as const, privateKey: host.privateKey };
  const flags = { record: false, allowLiveSnooping: false, allowJoinRequests: false, allowJoinInvites: false };
  return {
    mode: 'SSH',
    targets: [{ server, port }],
    credential: { ...secret, username },
    notes: null,
    flags,
    ...wanted.connection,
  };
}

async function authorizedSession(ctx: Context, host: Host, wanted: Wanted): Promise<AuthorizedConnection> {
  const { db } = ctx.connection;
  const actor = wanted.actor ?? (await anActor(db));
  const { id: credentialId } = await aCredential(db, { username: wanted.username ?? host.account });
  const server = '127.0.0.1';
  const port = wanted.port ?? host.sshd.port;
  const computer = await aComputer(db, { server, port, sharedCredentialId: credentialId });
  const policy = await aPolicy(db, { recording: 'off', graceSeconds: 0, ...wanted.policy });
  const grant = await aGrant(db, { personId: actor.person.id, computerId: computer.id, policyId: policy.id });
  const id = newId<SessionId>();
  const leaseUntil = new Date(ctx.clock.now().getTime() + 60_000);
  const whose = { personId: actor.person.id, loginSessionId: actor.login.id };
  const what = { computerId: computer.id, credentialId, grantId: grant.id, policy: snapshotOf(policy) };
  await db.insert(sessions).values({ id, ...whose, ...what, mode: 'SSH', leaseUntil });
  const pinned = wanted.pinned === undefined && port === host.sshd.port ? keyOf(host.sshd) : wanted.pinned;
  if (pinned)
    await db
      .insert(hostKeys)
      .values({ server, port, ...pinned })
      .onConflictDoNothing();
  const { id: computerId, name } = computer;
  return {
    sessionId: id,
    actor,
    computer: { id: computerId, name },
    mode: 'SSH',
    server,
    port,
    credentialId,
    grant: { ...grant, policy },
    terms: wanted.terms ?? null,
    checkOutId: wanted.checkOutId ?? null,
  } as unknown as AuthorizedConnection;
}

/** The key of this sshd, as it is pinned. */
export function keyOf({ hostPublicKey, hostKeyFingerprint }: PrivateSshd): NonNullable<Wanted['pinned']> {
  const [keyType = '', blob = ''] = hostPublicKey.split(' ');
  return { keyType, publicKey: Buffer.from(blob, 'base64'), fingerprint: hostKeyFingerprint };
}

/** A room of live sessions over a real database, a real sshd, a real recorder and real sockets. */
export async function startLiveRig(options: Partial<LiveOptions> = {}): Promise<LiveRig> {
  const dir = mkdtempSync(join(tmpdir(), 'sp-live-'));
  const database = await testDatabase();
  const plain = testContext(database.connection);
  const commits = new Commits();
  const ctx = { ...plain, audit: commits.heardFrom(plain.audit) };
  const { db } = database.connection;
  const host = await startHost(dir, ctx.log);
  const recordingsDir = join(dir, 'recordings');
  const recordingStore = createRecordingStore({
    root: recordingsDir,
    key: ctx.keyring.recording,
    clock: { now: () => new Date() },
    monotonicMs: () => performance.now(),
  });
  const config = { allowTargets: ['127.0.0.1'], port: 1, awsListen: { host: '127.0.0.1', port: 2 } };
  const connections = new HeldConnections();
  const worker = await bundleScreenWorker();
  const screens = createScreens(worker.url);
  const parts = { context: ctx, config, recordings: recordingStore, screens, connections, isOnlyGateway: true };
  const live = await createLive({ ...parts, ...options });
  const door = await openDoor(live);
  const session = async (wanted: Wanted = {}): Promise<LiveSession> => {
    const authorized = await authorizedSession(ctx, host, wanted);
    connections.hold(authorized.sessionId, connectionOf(host, wanted, authorized));
    return { id: authorized.sessionId, actor: authorized.actor, authorized, url: door.urlOf(authorized) };
  };
  const row = async (id: SessionId) => {
    const [found] = await db.select().from(sessions).where(eq(sessions.id, id));
    if (!found) throw new Error('There is no such session.');
    return found;
  };
  return {
    ctx,
    database,
    live,
    sshd: host.sshd,
    account: host.account,
    secretLines: host.privateKey.split('\n').filter((line) => line !== '' && !line.startsWith('-----')),
    recordingsDir,
    recordings: recordingStore,
    screens,
    connections,
    session,
    back: (made, { loginId, ...hello } = {}) => Browser.back(`${made.url}/back${loginId ? `/${loginId}` : ''}`, hello),
    async watch({ id: sessionId }, actor, { isTold = true } = {}) {
      const browser = new Browser(door.urlOfView({ sessionId, actor, isTold } as AuthorizedView));
      await browser.opened();
      return browser;
    },
    async open(wanted) {
      const made = await session(wanted);
      return { session: made, browser: await Browser.open(made.url) };
    },
    row,
    async endedRow(id) {
      for (;;) {
        const next = commits.next(); // Before the look, so that none is missed.
        const found = await row(id);
        if (found.state === 'ended') return found;
        await next;
      }
    },
    async recordingRow(id) {
      const [row] = await db.select().from(recordings).where(eq(recordings.sessionId, id));
      return row;
    },
    audit: (id) =>
      db
        .select({ kind: auditEvents.kind, subject: auditEvents.subject })
        .from(auditEvents)
        .where(eq(auditEvents.sessionId, id))
        .orderBy(auditEvents.writerId, auditEvents.seq),
    async close() {
      await live.stop();
      await screens.stop();
      rmSync(worker.folder, { recursive: true });
      await door.close();
      await host.stop();
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
