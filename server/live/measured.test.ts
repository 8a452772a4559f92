/**
 * Contract: what is told of the gateway is what happened at its terminals: how long keys wait, who is there, how sessions
 * end and recorders fail; and how long output waits to be safe on disk. Over a real sshd and a real recorder.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sessions } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import { makeStore } from '../recording/testing/test-store.ts';
import { type LiveRig, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
let told: { echo: number[]; ended: string[]; failed: string[] };
beforeAll(async () => {
  rig = await startLiveRig({
    measured: {
      echo: (ms) => told.echo.push(ms),
      ended: (reason) => told.ended.push(reason),
      recorderFailed: (code) => told.failed.push(code),
    },
  });
});
afterAll(() => rig?.close());
beforeEach(() => {
  told = { echo: [], ended: [], failed: [] };
});

const countOf = (state: string) =>
  rig.live.figures().sessions.find((held) => held.mode === 'SSH' && held.state === state)?.count;

test('keys that are answered are measured, and an end is counted once', async () => {
  const { session, browser } = await rig.open();
  await browser.control('opened');
  browser.type('echo he""re\r');
  await browser.saw('here');
  expect(told.echo.length).toBeGreaterThan(0);
  for (const ms of told.echo) expect(ms).toBeGreaterThanOrEqual(0);
  browser.close();
  await browser.ended();
  await rig.endedRow(session.id);
  expect(told.ended).toEqual(['closed']);
});

test('sessions, browsers and viewers are counted as they come and go', async () => {
  const policy = { graceSeconds: 60, allowSnooping: true };
  const auditor = await anActor(rig.database.connection.db, ['auditor']);
  const { session, browser } = await rig.open({ policy });
  await browser.control('opened');
  await rig.database.connection.db.update(sessions).set({ allowsSnooping: true });
  const viewer = await rig.watch(session, auditor);
  await viewer.control('look');
  expect(rig.live.figures()).toMatchObject({
    detached: 0,
    viewers: { watch: 1, wall: 0 },
    webSockets: { terminal: 1, watch: 1 },
  });
  expect([countOf('opening'), countOf('active'), countOf('ending')]).toEqual([0, 1, 0]);
  browser.leave();
  await expect.poll(() => rig.live.figures().detached).toBe(1);
  expect(rig.live.figures().webSockets.terminal).toBe(0);
  const back = await rig.back(session);
  await back.control('attached');
  back.close();
  await back.ended();
  await viewer.ended();
  await rig.endedRow(session.id);
  await expect.poll(() => rig.live.figures().webSockets).toEqual({ terminal: 0, watch: 0 });
  expect(countOf('active')).toBe(0);
});

test('a recorder that cannot open is counted by its error', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required' } });
  await browser.control('opened');
  const { path } = (await rig.recordingRow(session.id)) ?? {};
  const { rm } = await import('node:fs/promises');
  await rm(`${rig.recordingsDir}/${path}`, { recursive: true });
  browser.type('echo th""ere; exit\r');
  await browser.ended();
  await expect.poll(() => told.failed).toEqual(['ENOENT']);
});

test('the time until output is safe on disk is told for each time that it is made so', async () => {
  const waits: number[] = [];
  let nowMs = 0;
  await using store = await makeStore({
    monotonicMs: () => nowMs,
    onDurable: (ms) => waits.push(ms),
    limits: { syncMs: 2 ** 31 - 1 },
  });
  const { recorder } = await store.open();
  recorder.output(Buffer.from('one'));
  nowMs = 300;
  recorder.output(Buffer.from('two'));
  await recorder.flush();
  nowMs = 800;
  await recorder.seal('closed');
  expect(waits).toEqual([800]);
});
