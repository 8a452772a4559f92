/**
 * Contract: whoever comes to a session while a program draws on its whole screen sees what its person sees, then and
 * after everything that follows: keys, scrolling within margins, split windows, mouse modes, another size, the end of the
 * program. The real programs where this machine has them, over a real sshd, watched from the middle of each of their steps.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessions } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import type { Actor } from '../context.ts';
import { parseEvents } from '../protocol/typescript-events.ts';
import { expectSameFrom, type Latecomer, type Played } from '../recording/testing/played.ts';
import { outputIn } from '../recording/testing/test-store.ts';
import type { Browser } from './testing/browser.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';
import { type Act, programs } from './testing/screen-programs.ts';

let rig: LiveRig;
let auditor: Actor;
beforeAll(async () => {
  rig = await startLiveRig();
  auditor = await anActor(rig.database.connection.db, ['auditor']);
});
afterAll(async () => rig?.close());

describe.each(programs)('$name', ({ name, begin, acts }) => {
  it.skipIf(!['/usr/bin', '/usr/local/bin', '/bin'].some((folder) => existsSync(join(folder, name))))(
    'looks the same to whoever comes at any of its steps',
    { timeout: 60_000 },
    async () => {
      const { session, browser } = await running();
      browser.type(`${begin}\r`);
      const viewers: Browser[] = [];
      const checkpoints: number[] = [];
      for (const act of acts) {
        perform(browser, act);
        viewers.push(await rig.watch(session, auditor));
        await browser.saw(act.until);
        checkpoints.push(browser.receivedBytes);
      }
      const latecomers = await Promise.all(viewers.map((viewer) => latecomerOf(viewer, browser.receivedBytes)));
      browser.close();
      await browser.ended();
      const whole = await recorded(session);
      checkpoints.push(whole.output.length);
      const compared = await Promise.all(latecomers.map((latecomer) => expectSameFrom(whole, latecomer, checkpoints)));
      expect(compared.filter(Boolean).length).toBeGreaterThan(acts.length / 2);
    },
  );
});

async function running(): Promise<{ session: LiveSession; browser: Browser }> {
  const { session, browser } = await rig.open({ policy: { allowSnooping: true, recording: 'required' } });
  await browser.control('opened');
  const { db } = rig.database.connection;
  await db.update(sessions).set({ allowsSnooping: true }).where(eq(sessions.id, session.id));
  await expect.poll(async () => (await rig.row(session.id)).state).toBe('active');
  return { session, browser };
}

function perform(browser: Browser, { resize, type }: Act): void {
  if (resize) browser.resize(resize.columns, resize.rows);
  browser.type(type);
}

async function latecomerOf(viewer: Browser, end: number): Promise<Latecomer> {
  const { columns, rows, outputFrom } = await viewer.control('look');
  await viewer.received(end - outputFrom);
  return { offset: outputFrom, columns, rows, restore: viewer.screen(), output: viewer.output() };
}

/** What the recorder kept, to the byte and with the sizes where they changed. */
async function recorded({ id }: LiveSession): Promise<Played> {
  await rig.endedRow(id);
  const folder = join(rig.recordingsDir, (await rig.recordingRow(id))?.path ?? '');
  const events = parseEvents(await readFile(join(folder, 'events.ndjson'), 'utf8'));
  const resizes = events.filter((event) => event.type === 'resize');
  return { columns: 80, rows: 24, output: await outputIn(folder), resizes };
}
