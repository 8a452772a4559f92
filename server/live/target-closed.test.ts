/**
 * The end of a session says how long its connection to the computer took to be gone: under a second, also where the
 * computer ignores that it is being closed. Whoever worked there is not kept waiting for it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notify } from '../../db/notify.ts';
import { type StubbornHost, startStubbornHost } from '../bridges/testing/stubborn-host.ts';
import { Browser } from './testing/browser.ts';
import { keyOf, type LiveRig, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
let host: StubbornHost;

beforeAll(async () => {
  rig = await startLiveRig();
  host = await startStubbornHost(rig.sshd.port);
});
afterAll(async () => {
  await rig.close();
  await host.stop();
});

it('closes at once where the computer takes part', async () => {
  const { session, browser } = await rig.open();
  await browser.control('opened');
  browser.close();
  await browser.ended();
  expect((await rig.endedRow(session.id)).targetClosedMs).toBeLessThan(700);
});

it('cuts a computer off that ignores it, when an administrator terminates', async () => {
  const { session, browser } = await rig.open({ port: host.port, pinned: keyOf(rig.sshd) });
  await browser.control('opened');
  const startMs = performance.now();
  const asked = { reason: 'terminated', by: 'Ada', detail: 'Reason: Now.' } as const;
  await notify(rig.database.connection.db, 'end_session', { sessionId: session.id, ...asked });
  expect(await browser.ended()).toMatchObject({ reason: 'terminated', detail: 'Reason: Now.' });
  await host.gone;
  expect(performance.now() - startMs).toBeLessThan(1_500);
  const { targetClosedMs } = await rig.endedRow(session.id);
  expect(targetClosedMs).toBeGreaterThan(500);
  expect(targetClosedMs).toBeLessThan(1_000);
});

it('says nothing where nothing was dialled', async () => {
  const session = await rig.session();
  rig.connections.take(session.id); // waited too long
  const browser = await Browser.open(session.url);
  expect((await browser.ended()).reason).toBe('credential_unavailable');
  expect((await rig.endedRow(session.id)).targetClosedMs).toBeNull();
});
