/*
 * Contract: the last question before a secret leaves the gateway is whether it may go to the host that shows this key. A
 * credential that was taken out a moment ago does not reach a host for which it was stopped meanwhile: not while a key is
 * asked about, not while a host lets the gateway wait, and not through the person in front of the terminal.
 */
import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { credentialTargets, hostKeys } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { type FakeSshServer, startFakeSshServer } from '../bridges/testing/fake-ssh-server.ts';
import { type CredentialId, newId } from '../ids.ts';
import { approveHostKey } from '../inventory/approve-host-key.ts';
import { Browser } from './testing/browser.ts';
import { type LiveRig, type LiveSession, startLiveRig, type Wanted } from './testing/live-rig.ts';

let rig: LiveRig;
const servers: FakeSshServer[] = [];

beforeAll(async () => {
  rig = await startLiveRig();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(async () => rig?.close());

async function evilHost(): Promise<FakeSshServer> {
  const server = await startFakeSshServer({ onShell: (channel) => channel.write('welcome') });
  servers.push(server);
  return server;
}

const first = (server: FakeSshServer): Wanted => ({
  port: server.port,
  secret: { type: 'password', password: 'sesame' },
  pinned: null,
  policy: { trustFirstHostKey: true },
});

const targetOf = ({ authorized: { credentialId, port } }: LiveSession) =>
  and(eq(credentialTargets.credentialId, credentialId ?? newId<CredentialId>()), eq(credentialTargets.port, port));

/** The secret was entered for this key, which somebody has forgotten since. */
async function boundTo(session: LiveSession, hostKey: string): Promise<void> {
  await rig.database.connection.db.update(credentialTargets).set({ hostKey }).where(targetOf(session));
}

async function approveAs(admin: LiveSession['actor'], session: LiveSession, server: FakeSshServer) {
  const { computer } = session.authorized;
  const key = { keyType: 'ssh-ed25519', publicKey: server.publicKey, fingerprint: server.fingerprint };
  const input = { computerId: computer.id, fingerprint: server.fingerprint };
  valueIn(await approveHostKey(rig.ctx, admin, input, async () => ({ ok: true, key })));
}

it('does not let the person of a session approve another key than the secret was entered for', async () => {
  const server = await evilHost();
  const { session, browser } = await rig.open(first(server));
  await boundTo(session, 'SHA256:the-real-one');
  await browser.control('host-key');
  browser.approveHostKey(true);
  expect((await browser.ended()).reason).toBe('host_key_refused');
  expect(server.attempts).toEqual([]);
  const { db } = rig.database.connection;
  expect(await db.select().from(hostKeys).where(eq(hostKeys.port, server.port))).toEqual([]);
});

it('lets a person approve a key that is new for theirs, and stops the secrets of others that were for another', async () => {
  const server = await evilHost();
  const other = await rig.session(first(server));
  await boundTo(other, 'SHA256:the-real-one');
  const { browser } = await rig.open(first(server));
  await browser.control('host-key');
  browser.approveHostKey(true);
  await browser.saw('welcome');
  const [stopped] = await rig.database.connection.db.select().from(credentialTargets).where(targetOf(other));
  expect(stopped).toMatchObject({ suspendedWhy: 'host_key', hostKey: 'SHA256:the-real-one' });
});

it('does not send it when an administrator approves that key while the question is on their own screen', async () => {
  const server = await evilHost();
  const admin = await anActor(rig.database.connection.db, ['admin', 'user']);
  const { session, browser } = await rig.open({ ...first(server), actor: admin });
  await boundTo(session, 'SHA256:the-real-one');
  await browser.control('host-key');
  await approveAs(admin, session, server);
  browser.approveHostKey(true);
  const ended = await browser.ended();
  expect(ended.reason).toBe('host_key_refused');
  expect(ended.detail).toContain('confirmed');
  expect(server.attempts).toEqual([]);
});

it('does not send it to a pinned host for which it was stopped after it was taken out', async () => {
  const server = await evilHost();
  const admin = await anActor(rig.database.connection.db, ['admin']);
  const session = await rig.session(first(server));
  await boundTo(session, 'SHA256:the-real-one');
  await approveAs(admin, session, server);
  const browser = await Browser.open(session.url);
  expect((await browser.ended()).reason).toBe('host_key_refused');
  expect(server.attempts).toEqual([]);
});

it('does not send it where it is used no more', async () => {
  const server = await evilHost();
  const session = await rig.session(first(server));
  await rig.database.connection.db.delete(credentialTargets).where(targetOf(session));
  const browser = await Browser.open(session.url);
  await browser.control('host-key');
  browser.approveHostKey(true);
  expect((await browser.ended()).reason).toBe('host_key_refused');
  expect(server.attempts).toEqual([]);
});

it('sends it where nothing was changed, and to the key that was approved first', async () => {
  const server = await evilHost();
  const { session, browser } = await rig.open(first(server));
  await browser.control('host-key');
  browser.approveHostKey(true);
  await browser.saw('welcome');
  const [target] = await rig.database.connection.db.select().from(credentialTargets).where(targetOf(session));
  expect(target).toMatchObject({ hostKey: server.fingerprint, suspendedAt: null });
});
