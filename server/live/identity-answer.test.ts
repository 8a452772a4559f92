/**
 * Contract: what an identity API says of a session is what happens. Its servers are tried in order, each only when the one
 * before could not be connected to, never after anything was shown to a host; its notes reach the person; its flags make
 * our policy stricter, never looser; and a connection that is not there any more ends the session.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notify } from '../../db/notify.ts';
import { newHostKey, startFakeSshServer } from '../bridges/testing/fake-ssh-server.ts';
import { freePort } from '../demo/private-sshd.ts';
import { Browser } from './testing/browser.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(() => rig?.close());

async function manifestOf(id: LiveSession['id']): Promise<object> {
  const row = await rig.recordingRow(id);
  return JSON.parse(await readFile(join(rig.recordingsDir, row!.path, 'manifest.json'), 'utf8')) as object;
}

const server = '127.0.0.1';
const strictFlags = { record: true, allowLiveSnooping: false, allowJoinRequests: false, allowJoinInvites: false };

describe('the servers of a computer', () => {
  it('are tried in order until one can be connected to', async () => {
    const [down, alsoDown] = [await freePort(), await freePort()];
    const targets = [down, alsoDown, rig.sshd.port].map((port) => ({ server, port }));
    const [first, ...others] = targets;
    const { browser } = await rig.open({ connection: { targets: [first!, ...others] } });
    await browser.control('opened');
    browser.type('echo sum-$((40 + 2))\r');
    await browser.saw('sum-42');
    browser.close();
    await browser.ended();
  });

  it('that all are down end it as one that is down', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const { browser } = await rig.open({
      connection: {
        targets: [
          { server, port: one },
          { server, port: two },
        ],
      },
    });
    expect(await browser.ended()).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining(String(two)),
    });
  });

  it('are not tried after one showed a key that is not the pinned one', async () => {
    const impostor = await startFakeSshServer({});
    const second = await startFakeSshServer({});
    const targets = [
      { server, port: impostor.port },
      { server, port: second.port },
    ] as const;
    const pinned = { keyType: 'ssh-ed25519', publicKey: Buffer.from(newHostKey()), fingerprint: 'SHA256:other' };
    const { browser } = await rig.open({ port: impostor.port, pinned, connection: { targets } });
    expect((await browser.ended()).reason).toBe('host_key_changed');
    expect(second.connections).toEqual([]);
    await Promise.all([impostor.stop(), second.stop()]);
  });
});

it('shows the notes of the identity API as they are', async () => {
  const notes = 'Ask Bob first.\n<b>plain</b>';
  const { browser } = await rig.open({ connection: { notes } });
  expect(await browser.control('opened')).toMatchObject({ notes });
  browser.close();
  await browser.ended();
});

describe('the flag that a session is to be recorded', () => {
  it('records one that our policy would not', async () => {
    const { session, browser } = await rig.open({ policy: { recording: 'off' }, connection: { flags: strictFlags } });
    expect(await browser.control('opened')).toMatchObject({ recorded: true });
    browser.close();
    await browser.ended();
    expect((await rig.recordingRow(session.id))?.state).toBe('sealed');
    expect(await manifestOf(session.id)).toMatchObject({ policy: { recording: 'required' } });
    expect((await rig.endedRow(session.id)).policy.recording).toBe('required');
  });

  it('does not stop a recording that our policy asks for', async () => {
    const flags = { ...strictFlags, record: false };
    const { session, browser } = await rig.open({ policy: { recording: 'required' }, connection: { flags } });
    expect(await browser.control('opened')).toMatchObject({ recorded: true });
    browser.close();
    await browser.ended();
    expect((await rig.recordingRow(session.id))?.state).toBe('sealed');
  });
});

it('keeps terms and check-out in the signed manifest', async () => {
  const agreed = { terms: { version: 3, sha256: 'ab'.repeat(32) }, checkOutId: 'check-out-7' };
  const { session, browser } = await rig.open({ policy: { recording: 'required' }, ...agreed });
  await browser.control('opened');
  browser.close();
  await browser.ended();
  expect(await manifestOf(session.id)).toMatchObject({ terms: agreed.terms, checkOut: agreed.checkOutId });
});

it('ends a session whose credential is not there any more', async () => {
  const made = await rig.session();
  rig.connections.take(made.id);
  const browser = await Browser.open(made.url);
  expect(await browser.ended()).toMatchObject({
    reason: 'credential_unavailable',
    detail: 'Access expired, start again from the shop.',
  });
});

it('forgets the credential of a session that is ended before anybody came for it', async () => {
  const made = await rig.session();
  await notify(rig.database.connection.db, 'end_session', { sessionId: made.id, reason: 'terminated', by: 'Ada' });
  const other = await rig.open();
  await other.browser.control('opened');
  await notify(rig.database.connection.db, 'end_session', {
    sessionId: other.session.id,
    reason: 'terminated',
    by: 'Ada',
  });
  await other.browser.ended(); // Told later than the first.
  expect(rig.connections.take(made.id)).toBeUndefined();
});
