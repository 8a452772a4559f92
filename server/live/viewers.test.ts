/**
 * Contract: whoever looks is shown the screen as it is, and then everything that comes, without a byte missing or twice;
 * they may do nothing; they cost the one who works nothing, read as they may; each look leaves its evidence before a byte
 * of it is seen, and ends when the right to it does. Over a real sshd, recorded or not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessions, sessionViews } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import type { Actor } from '../context.ts';
import { newId } from '../ids.ts';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import { encodeControl, encodePing } from '../protocol/terminal-frames.ts';
import { ScreenModel } from '../recording/screen-model.ts';
import type { Browser } from './testing/browser.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
let auditor: Actor;
beforeAll(async () => {
  rig = await startLiveRig();
  auditor = await anActor(rig.database.connection.db, ['auditor'], { name: 'Audrey Auditor' });
});
afterAll(async () => rig?.close());

const watchable = { policy: { allowSnooping: true, recording: 'off' } } as const;

/** A session that runs and may be looked at, with its person at it. */
async function running(policy: { recording?: 'off' | 'required'; graceSeconds?: number } = {}) {
  const { session, browser } = await rig.open({ policy: { ...watchable.policy, ...policy } });
  await browser.control('opened');
  const { db } = rig.database.connection;
  await db.update(sessions).set({ allowsSnooping: true }).where(eq(sessions.id, session.id));
  await expect.poll(async () => (await rig.row(session.id)).state).toBe('active');
  return { session, browser };
}

async function end(browser: Browser): Promise<void> {
  browser.close();
  await browser.ended();
}

/** What a browser shows that was sent all this since the last screen. */
async function shownBy(browser: Browser, size = { columns: 80, rows: 24 }): Promise<ScreenModel> {
  const model = new ScreenModel(size);
  await model.write(browser.screen());
  await model.write(browser.output());
  return model;
}

const viewsOf = ({ id }: LiveSession) =>
  rig.database.connection.db.select().from(sessionViews).where(eq(sessionViews.sessionId, id));
const looksOf = async ({ id }: LiveSession) =>
  (await rig.audit(id))
    .filter(({ kind }) => kind.startsWith('session.watch'))
    .map(({ kind, subject }) => [kind, subject]);

describe.each(['off', 'required'] as const)('a session whose recording is %s', (recording) => {
  it('is shown as it is, then live, to as many as look, whenever they came', async () => {
    const { session, browser } = await running({ recording });
    browser.type('stty -echo; PS1=; printf "\\033[2J\\033[5;10Hhere\\033[3;6r\\033[1;31m"; echo rea""dy; exec cat\r');
    await browser.saw('ready\r\n');
    const first = await rig.watch(session, auditor);
    expect(await first.control('look')).toMatchObject({ columns: 80, rows: 24, screenBytes: expect.any(Number) });
    browser.type('one\r');
    await first.saw('one\r\n');
    const others = await Promise.all(Array.from({ length: 20 }, () => rig.watch(session, auditor)));
    for (const other of others) await other.control('look');
    browser.type('two\r');
    const was = new ScreenModel({ columns: 80, rows: 24 });
    await browser.saw('two\r\n');
    await was.write(browser.output());
    for (const viewer of [first, ...others]) {
      await viewer.saw('two\r\n');
      expect((await shownBy(viewer)).restoreBytes()).toEqual(was.restoreBytes());
    }
    await end(browser);
    for (const viewer of [first, ...others]) expect((await viewer.ended()).reason).toBe('closed');
  });
});

it('shows a terminal that changes its size at the byte at which it did', async () => {
  const { session, browser } = await running();
  const viewer = await rig.watch(session, auditor);
  await viewer.control('look');
  browser.resize(100, 30);
  browser.type('stty size\r');
  await viewer.saw('30 100');
  expect(viewer.controls.filter(({ type }) => type === 'size')).toEqual([{ type: 'size', columns: 100, rows: 30 }]);
  const late = await rig.watch(session, auditor);
  expect(await late.control('look')).toMatchObject({ columns: 100, rows: 30 });
  await end(browser);
});

describe('whoever looks', () => {
  it.each<[string, (viewer: Browser) => void]>([
    ['types', (viewer) => viewer.type('id\r')],
    ['pastes', (viewer) => viewer.paste('id\r')],
    ['resizes', (viewer) => viewer.resize(10, 10)],
    ['answers for a host key', (viewer) => viewer.approveHostKey(true)],
    ['says that it came back', (viewer) => viewer.socket.send(encodeControl({ type: 'attach', parsedBytes: null }))],
    ['acknowledges what never came', (viewer) => viewer.ack(1e9)],
    ['sends rubbish', (viewer) => viewer.socket.send(Buffer.from([99]))],
  ])('and %s, is sent away, and nothing of it reaches the session', async (_what, act) => {
    const { session, browser } = await running();
    const viewer = await rig.watch(session, auditor);
    await viewer.control('look');
    act(viewer);
    expect((await viewer.closed).code).toBe(1008);
    browser.type('echo "[$(stty size)]" un""harmed\r');
    await browser.saw('[24 80] unharmed');
    expect(browser.output().toString()).not.toContain('uid=');
    await end(browser);
  });

  it('may ping, and leave without ending anything', async () => {
    const { session, browser } = await running();
    const viewer = await rig.watch(session, auditor);
    await viewer.control('look');
    viewer.socket.send(encodePing());
    viewer.close();
    expect((await viewer.closed).code).toBe(1000);
    browser.type('echo st""ill\r');
    await browser.saw('still');
    await end(browser);
  });
});

describe('the evidence', () => {
  it('tells who looked and for how long, in the log, in the row and in the recording', async () => {
    const { session, browser } = await running({ recording: 'required' });
    const viewer = await rig.watch(session, auditor);
    await viewer.control('look');
    expect(await looksOf(session)).toEqual([['session.watched', { how: 'watch', told: true }]]);
    expect(await viewsOf(session)).toMatchObject([{ viewerId: auditor.person.id, kind: 'watch', endedAt: null }]);
    viewer.leave();
    await expect.poll(async () => (await viewsOf(session))[0]?.endedAt).not.toBeNull();
    expect((await looksOf(session)).at(-1)).toEqual(['session.watch_ended', { how: 'watch' }]);
    await end(browser);
    const { path } = (await rig.recordingRow(session.id))!;
    const lines = readFileSync(join(rig.recordingsDir, path, 'events.ndjson'), 'utf8')
      .trim()
      .split('\n');
    const moves = lines.map((line) => JSON.parse(line)).filter(({ role }) => role === 'viewer');
    expect(moves).toMatchObject([
      { type: 'join', person: 'Audrey Auditor', personId: auditor.person.id },
      { type: 'leave', person: 'Audrey Auditor' },
    ]);
  });

  it('of a look ends with the session at the latest', async () => {
    const { session, browser } = await running();
    const viewer = await rig.watch(session, auditor);
    await viewer.control('look');
    await end(browser);
    await viewer.closed;
    await rig.endedRow(session.id);
    expect((await looksOf(session)).map(([kind]) => kind)).toEqual(['session.watched', 'session.watch_ended']);
    expect((await viewsOf(session))[0]?.endedAt).not.toBeNull();
  });

  it('comes first: without it nobody sees anything', async () => {
    const { session, browser } = await running();
    const nobody = { ...auditor, person: { ...auditor.person, id: newId() } } as Actor;
    const viewer = await rig.watch(session, nobody);
    expect((await viewer.control('dismissed')).text).toContain('could not be written down');
    await viewer.closed;
    expect(viewer.controls.map(({ type }) => type)).toEqual(['dismissed']);
    expect(await looksOf(session)).toEqual([]);
    await end(browser);
  });
});

describe('the person', () => {
  it('is told by name where the policy says so, also by a browser that comes back', async () => {
    const { session, browser } = await running({ graceSeconds: 60 });
    const viewer = await rig.watch(session, auditor);
    expect((await browser.control('notice')).text).toBe('Audrey Auditor watches this session.');
    browser.leave();
    const back = await rig.back(session);
    expect((await back.control('notice')).text).toBe('Audrey Auditor watches this session.');
    viewer.leave();
    await expect
      .poll(() => back.controls.filter(({ type }) => type === 'notice').at(-1))
      .toEqual({
        type: 'notice',
        text: 'Audrey Auditor does not watch this session any more.',
      });
    await end(back);
  });

  it('is told nothing where it does not', async () => {
    const { session, browser } = await running();
    const viewer = await rig.watch(session, auditor, { isTold: false });
    await viewer.control('look');
    viewer.leave();
    await expect.poll(async () => (await viewsOf(session))[0]?.endedAt).not.toBeNull();
    expect(await looksOf(session)).toContainEqual(['session.watched', { how: 'watch', told: false }]);
    await end(browser);
    expect(browser.controls.map(({ type }) => type)).not.toContain('notice');
  });
});

describe('a viewer that does not keep up', () => {
  const looks = ({ controls }: Browser) => controls.filter(({ type }) => type === 'look').length;

  it('that reads nothing at all, holds nobody back, and finds the screen as it is afterwards', async () => {
    const { session, browser } = await running();
    browser.type('stty -echo; PS1=; echo re""ady\r');
    await browser.saw('ready');
    const [idle, awake] = await Promise.all([rig.watch(session, auditor), rig.watch(session, auditor)]);
    await Promise.all([idle.control('look'), awake.control('look')]);
    idle.socket.pause();
    browser.type('seq 1 2000000; echo do""ne\r'); // 15 MB, far beyond what is kept for anybody
    await browser.saw('done');
    await expect.poll(async () => (await shownBy(awake)).lines().at(-2), { timeout: 30_000 }).toBe('done');
    expect(awake.receivedBytes).toBeLessThan(2_000_000); // screens instead of the flood
    expect(looks(idle)).toBe(1);
    idle.socket.resume();
    await expect.poll(async () => (await shownBy(idle)).lines().at(-2), { timeout: 30_000 }).toBe('done');
    expect(looks(idle)).toBeLessThanOrEqual(3); // what the network held of one more, and the last
    browser.type('echo af""ter\r');
    await Promise.all([idle.saw('after\r\n'), browser.saw('after\r\n')]);
    const was = new ScreenModel({ columns: 80, rows: 24 });
    await was.write(browser.output().subarray(-4000));
    expect((await shownBy(idle)).lines()).toEqual(was.lines());
    await end(browser);
  }, 60_000);

  it('that reads slowly, sees screens now and then, the last of them in the end', async () => {
    const { session, browser } = await running();
    browser.type('stty -echo; PS1=; echo re""ady\r');
    await browser.saw('ready');
    const slow = await rig.watch(session, auditor);
    await slow.control('look');
    const { socket } = slow;
    let isOver = false;
    socket.on('message', () => {
      if (isOver) return;
      socket.pause(); // A message of at most 64 KiB for each 250 KB of the flood.
      void browser.received(browser.receivedBytes + 250_000).then(() => socket.resume());
    });
    browser.type('for i in $(seq 40); do seq 1 20000; sleep 0.02; done; echo fin""ished\r');
    await browser.saw('finished');
    isOver = true;
    socket.resume();
    expect(slow.receivedBytes).toBeLessThan(browser.receivedBytes / 2);
    await expect.poll(async () => (await shownBy(slow)).lines(), { timeout: 30_000 }).toContain('finished');
    await end(browser);
  }, 60_000);

  it('that acknowledges nothing, is sent no more than a little', async () => {
    const { session, browser } = await running();
    const viewer = await rig.watch(session, auditor);
    await viewer.control('look');
    viewer.acks = false;
    browser.type('for i in $(seq 200); do head -c 20000 /dev/zero | tr "\\0" x; sleep 0.01; done; echo fin""ished\r');
    await browser.saw('finished');
    expect(viewer.receivedBytes).toBeLessThan(512 * 1024);
    await end(browser);
  }, 60_000);
});

describe('the right to look', () => {
  it.each<[string, (session: LiveSession, actor: Actor) => Promise<unknown>]>([
    [
      'the policy',
      ({ id }) => rig.database.connection.sql`update policies set allow_snooping = false where id =
      (select policy_id from grants where id = (select grant_id from sessions where id = ${id}))`,
    ],
    [
      'the role',
      (_, { person }) => rig.database.connection.sql`update people set roles = '{user}' where id = ${person.id}`,
    ],
    [
      'the account',
      (_, { person }) => rig.database.connection.sql`update people set disabled_at = now() where id = ${person.id}`,
    ],
    [
      'the sign-in',
      (_, { login }) =>
        rig.database.connection.sql`update login_sessions set revoked_at = now() where id = ${login.id}`,
    ],
  ])('ends the look when it is taken away with %s, and not the session', async (_what, takeAway) => {
    const actor = await anActor(rig.database.connection.db, ['auditor']);
    const { session, browser } = await running();
    const viewer = await rig.watch(session, actor);
    await viewer.control('look');
    await takeAway(session, actor);
    await viewer.control('dismissed');
    await viewer.closed;
    browser.type('echo st""ill\r');
    await browser.saw('still');
    await end(browser);
  });
});

describe('the live wall', () => {
  const viewOf = ({ id }: LiveSession, isTold = true) =>
    ({ sessionId: id, actor: auditor, isTold }) as unknown as AuthorizedView;

  it('shows the screen in small, as one look for as long as it is asked for', async () => {
    const { session, browser } = await running();
    browser.type('clear; echo pic""ture\r');
    await browser.saw('picture');
    const texts = async () =>
      (await rig.live.picture(viewOf(session)))?.lines.map((runs) => runs.map(({ text }) => text).join(''));
    await expect.poll(texts).toContain('picture');
    await Promise.all([texts(), texts(), texts()]);
    expect(await looksOf(session)).toEqual([['session.watched', { how: 'wall', told: true }]]);
    expect((await browser.control('notice')).text).toBe('Audrey Auditor watches this session.');
    await end(browser);
    await rig.endedRow(session.id);
    expect(await looksOf(session)).toContainEqual(['session.watch_ended', { how: 'wall' }]);
    expect(await rig.live.picture(viewOf(session))).toBeUndefined();
  });
});

it('shows nothing of a session whose screen is not kept', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'off', allowSnooping: false } });
  await browser.control('opened');
  const viewer = await rig.watch(session, auditor);
  expect((await viewer.control('dismissed')).text).toBe('There is nothing to be seen of this session.');
  expect(await looksOf(session)).toEqual([]);
  await end(browser);
});
