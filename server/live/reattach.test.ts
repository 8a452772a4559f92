/**
 * A session outlasts its browser. Whoever comes back in time finds the screen as it was and goes on; nothing typed is
 * lost or taken twice; the newest browser counts; what ran meanwhile is there. Over a real sshd, recorded or not.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordings, sessions } from '../../db/schema.ts';
import { aLogin } from '../../db/testing/builders.ts';
import { ScreenModel } from '../recording/screen-model.ts';
import type { Browser } from './testing/browser.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(async () => rig?.close());

const waiting = { policy: { graceSeconds: 60 } } as const;

/** What a browser shows that was sent all this. */
async function shownBy(browser: Browser, size = { columns: 80, rows: 24 }): Promise<ScreenModel> {
  const model = new ScreenModel(size);
  await model.write(browser.screen());
  await model.write(browser.output());
  return model;
}

async function detached({ id }: LiveSession): Promise<void> {
  const isSo = async () => (await rig.row(id)).detachedAt !== null;
  await until(isSo);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(['off', 'required'] as const)('a session whose recording is %s', (recording) => {
  const wanted = { policy: { graceSeconds: 60, recording } };

  it('is shown as it was to a browser that knows nothing, and goes on', async () => {
    const { session, browser } = await rig.open(wanted);
    await browser.control('opened');
    browser.type('stty -echo; PS1=; printf "\\033[2J\\033[5;10Hhere\\033[3;6r\\033[1;31m"; echo rea""dy; exec cat\r');
    await browser.saw('ready\r\n'); // from here on the host says nothing by itself
    browser.leave();
    await detached(session);
    const back = await rig.back(session);
    const attached = await back.control('attached');
    expect(attached.screenBytes).toBeGreaterThan(0);
    expect(await back.control('opened')).toMatchObject({ graceSeconds: 60, sinceMs: expect.any(Number) });
    back.type('onward\r');
    await back.saw('onward\r\n');
    const was = new ScreenModel({ columns: 80, rows: 24 });
    await was.write(browser.output());
    await was.write(back.output());
    expect((await shownBy(back)).restoreBytes()).toEqual(was.restoreBytes());
    back.close();
    expect((await back.ended()).reason).toBe('closed');
    expect((await rig.audit(session.id)).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['session.detached', 'session.attached']),
    );
  });

  it('runs on meanwhile, and what it wrote is there', async () => {
    const { session, browser } = await rig.open(wanted);
    await browser.control('opened');
    browser.type('echo be""fore; read x; seq 1 3000; echo af""ter\r');
    await browser.saw('before');
    const known = browser.receivedBytes;
    browser.type('go\r');
    browser.leave();
    await detached(session);
    const back = await rig.back(session, { parsedBytes: known });
    await back.saw('after');
    const text = Buffer.concat([browser.output().subarray(0, known), back.output()]).toString();
    expect((await back.control('attached')).screenBytes).toBe(0);
    for (const line of ['\r\n1\r\n2\r\n', '\r\n2999\r\n3000\r\n']) expect(text).toContain(line);
    back.close();
    await back.ended();
  });
});

describe('what was typed', () => {
  it('is counted, so that nothing is sent twice', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    browser.type('cat > /dev/null\r');
    browser.type('taken');
    await until(async () => browser.takenBytes === 21);
    browser.leave();
    await detached(session);
    const back = await rig.back(session);
    expect((await back.control('attached')).inputTaken).toBe(21);
    back.close();
    await back.ended();
  });
});

describe('another browser of the same person', () => {
  it('takes the session over, and the first one is told', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    browser.type('echo fi""rst\r');
    await browser.saw('first');
    const second = await rig.back(session, { columns: 100, rows: 30 });
    await second.control('attached');
    await browser.control('detached');
    await browser.closed;
    second.type('stty size\r');
    await second.saw('30 100');
    const comebacks = async () => (await rig.audit(session.id)).filter(({ kind }) => kind === 'session.attached');
    await expect.poll(comebacks).toMatchObject([{ subject: { takenOver: true } }]);
    second.close();
    await second.ended();
  });

  it('of many at once gets it alone, and the session lives', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    const others = await Promise.all(Array.from({ length: 6 }, () => rig.back(session)));
    const last = await Promise.race(
      others.map(async (other) => {
        await other.control('attached');
        return other;
      }),
    );
    await Promise.all(
      others.filter((other) => other !== last).map(({ closed }) => Promise.race([closed, last.control('detached')])),
    );
    const fresh = await rig.back(session);
    await fresh.control('attached');
    fresh.type('echo al""ive\r');
    await fresh.saw('alive');
    fresh.close();
    await fresh.ended();
  });
});

describe('another sign-in of the same person', () => {
  it('is sent away when it is revoked, and the session waits for its person', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    const { db, sql } = rig.database.connection;
    const { id: loginId } = await aLogin(db, session.actor.person);
    const thief = await rig.back(session, { loginId });
    await thief.control('attached');
    await sql`update login_sessions set revoked_at = now() where id = ${loginId}`;
    await thief.control('detached');
    await thief.closed;
    await detached(session);
    const back = await rig.back(session);
    await back.control('attached');
    back.type('echo mi""ne\r');
    await back.saw('mine');
    back.close();
    await back.ended();
  });

  it('cannot wait at the door to come in after it was revoked', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    const { db, sql } = rig.database.connection;
    const { id: loginId } = await aLogin(db, session.actor.person);
    const { Browser: Visitor } = await import('./testing/browser.ts');
    const sleeper = new Visitor(`${session.url}/back/${loginId}`);
    await sleeper.opened();
    sleeper.resize(80, 24);
    await sql`update login_sessions set revoked_at = now() where id = ${loginId}`;
    await sleeper.closed;
    browser.type('echo st""ill\r');
    await browser.saw('still');
    browser.close();
    await browser.ended();
  });
});

describe('the end', () => {
  it('comes when nobody came back in time', async () => {
    const { session, browser } = await rig.open({ policy: { graceSeconds: 1 } });
    await browser.control('opened');
    browser.leave();
    await until(async () => (await rig.row(session.id)).state === 'ended');
    expect(await rig.row(session.id)).toMatchObject({ endReason: 'left' });
  });

  it('comes at once where the policy gives no time', async () => {
    const { session, browser } = await rig.open({ policy: { graceSeconds: 0 } });
    await browser.control('opened');
    browser.leave();
    await until(async () => (await rig.row(session.id)).state === 'ended');
    expect(await rig.row(session.id)).toMatchObject({ endReason: 'left', detachedAt: null });
  });

  it('is told to a browser that comes back too late, and a revoked right ends what waits', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    browser.leave();
    await detached(session);
    await rig.database.connection.sql`update grants set revoked_at = now() where id = (
      select grant_id from sessions where id = ${session.id})`;
    await until(async () => (await rig.row(session.id)).state === 'ended');
    expect(await rig.row(session.id)).toMatchObject({ endReason: 'revoked' });
    const late = await rig.back(session);
    await late.closed;
  });

  it('leaves nothing of a session that was not recorded', async () => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    browser.close();
    await browser.ended();
    const { db } = rig.database.connection;
    expect(await db.select().from(recordings).where(eq(recordings.sessionId, session.id))).toEqual([]);
    expect((await db.select().from(sessions).where(eq(sessions.id, session.id)))[0]?.state).toBe('ended');
  });
});

describe('a browser that says something else first', () => {
  it.each([
    ['keys', (browser: Browser) => browser.type('x')],
    ['an acknowledgement of what it never got', (browser: Browser) => browser.ack(10)],
  ])('%s, is sent away, and the session is as it was', async (_what, say) => {
    const { session, browser } = await rig.open(waiting);
    await browser.control('opened');
    const { Browser: Visitor } = await import('./testing/browser.ts');
    const visitor = new Visitor(`${session.url}/back`);
    await visitor.opened();
    visitor.resize(80, 24);
    say(visitor);
    expect((await visitor.closed).code).toBe(1008);
    browser.type('echo st""ill\r');
    await browser.saw('still');
    browser.close();
    await browser.ended();
  });
});
