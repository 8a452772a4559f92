/**
 * Contract: a session's row says when its person last typed or pasted: soon after the first key, then at most every 15 s,
 * and exactly once it has ended. What a terminal says by itself is no typing. Over a real sshd.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHeartbeat } from './heartbeat.ts';
import { Registry } from './registry.ts';
import type { TerminalSession } from './terminal-session.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(() => rig?.close());

/** The heartbeat over a session of which only this much matters. */
async function beating({ id }: LiveSession) {
  const held = { id, isHeld: true, isEnding: false, lastInputAt: undefined as Date | undefined };
  const registry = new Registry();
  registry.add({ ...held, over: new Promise(() => undefined) } as unknown as TerminalSession);
  registry.running = () => [held as unknown as TerminalSession];
  const { sql } = rig.database.connection;
  await sql`update sessions set gateway_id = ${rig.ctx.audit.writerId} where id = ${id}`;
  const { beat } = createHeartbeat(rig.ctx, registry);
  return { held, beat, row: async () => (await rig.row(id)).lastInputAt };
}

test('it is written with the first beat after it, then every 15 s at most', async () => {
  const { held, beat, row } = await beating(await rig.session());
  await beat();
  expect(await row()).toBeNull();
  const type = () => {
    held.lastInputAt = rig.ctx.clock.now();
    return held.lastInputAt;
  };
  const first = type();
  await beat();
  expect(await row()).toEqual(first);
  rig.ctx.clock.advance(5_000);
  const second = type();
  await beat();
  expect(await row()).toEqual(first);
  rig.ctx.clock.advance(10_000);
  await beat();
  expect(await row()).toEqual(second);
});

test('a session that ends says exactly when, whatever was written before', async () => {
  const { session, browser } = await rig.open();
  await browser.control('opened');
  browser.type('echo on""e\r');
  await browser.saw('one');
  rig.ctx.clock.advance(3_000);
  const last = rig.ctx.clock.now();
  browser.paste('x');
  browser.close();
  await browser.ended();
  expect((await rig.endedRow(session.id)).lastInputAt).toEqual(last);
});

test('a session in which nobody typed has none', async () => {
  const { session, browser } = await rig.open();
  await browser.control('opened');
  browser.type('\x1b[24;80R'); // where the cursor is, as a terminal answers
  browser.close();
  await browser.ended();
  expect((await rig.endedRow(session.id)).lastInputAt).toBeNull();
});
