/**
 * A session that runs is ended by the limits of its policy and its right, whether or not somebody is at it; it is warned,
 * a key takes the warning of silence back, and a host that asks its terminal questions does not. Over a real sshd.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../db/connect.ts';
import { grants } from '../../db/schema.ts';
import { encodeControl } from '../protocol/terminal-frames.ts';
import { type LiveRig, startLiveRig, type Wanted } from './testing/live-rig.ts';

const minute = 60_000;
let rig: LiveRig;

beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(() => rig.close());

async function openAndWork(policy: NonNullable<Wanted['policy']>) {
  const { session, browser } = await rig.open({ policy });
  await browser.control('opened');
  const limits = () => browser.controls.filter((control) => control.type === 'limits');
  return { session, browser, limits };
}

describe('silence', () => {
  const policy = { idleTimeoutMinutes: 10, recording: 'required' } as const;

  it('is warned of, and ends the session', async () => {
    const { session, browser, limits } = await openAndWork(policy);
    rig.ctx.clock.advance(6 * minute);
    await expect.poll(limits).toMatchObject([{ idleInMs: 4 * minute }]);
    rig.ctx.clock.advance(4 * minute);
    expect(await browser.ended()).toMatchObject({
      reason: 'idle',
      detail: 'The policy allows 10 minutes without a key.',
    });
    expect(await rig.endedRow(session.id)).toMatchObject({ endReason: 'idle' });
    expect(await rig.recordingRow(session.id)).toMatchObject({ state: 'sealed', sealReason: 'idle' });
  });

  it.each([
    ['a key', (browser: { type(text: string): void }) => browser.type(' ')],
    ['a paste, even one that is refused', (browser: { paste(text: string): void }) => browser.paste('x')],
    [
      'a word that somebody is there',
      (browser: { socket: { send(frame: Uint8Array): void } }) => browser.socket.send(encodeControl({ type: 'here' })),
    ],
  ])('ends with %s', async (_, act) => {
    const { browser, limits } = await openAndWork(policy);
    rig.ctx.clock.advance(6 * minute);
    await expect.poll(() => limits().length).toBe(1);
    act(browser);
    await expect.poll(() => limits().at(-1)).toMatchObject({ idleInMs: null });
    browser.close();
    await browser.ended();
  });

  it('does not end with what a terminal says by itself', async () => {
    const { browser } = await openAndWork(policy);
    rig.ctx.clock.advance(6 * minute);
    await browser.control('limits');
    for (const report of ['\x1b[24;80R', '\x1b[I', '\x1b[<35;1;1M']) browser.type(report);
    rig.ctx.clock.advance(4 * minute);
    expect((await browser.ended()).reason).toBe('idle');
  });

  it('counts while no browser is there', async () => {
    const { session, browser } = await openAndWork({ ...policy, graceSeconds: 3600 });
    browser.leave();
    await expect.poll(async () => (await rig.row(session.id)).detachedAt).not.toBeNull();
    rig.ctx.clock.advance(10 * minute);
    expect((await rig.endedRow(session.id)).endReason).toBe('idle');
  });
});

describe('the longest time', () => {
  it('is told at the beginning and to whoever comes back, and ends the session', async () => {
    const { session, browser, limits } = await openAndWork({ maxDurationMinutes: 30, graceSeconds: 3600 });
    await expect.poll(limits).toMatchObject([{ endsInMs: 30 * minute, endsBy: 'time_limit' }]);
    rig.ctx.clock.advance(10 * minute);
    const back = await rig.back(session);
    expect(await back.control('limits')).toMatchObject({ endsInMs: 20 * minute, endsBy: 'time_limit' });
    await browser.closed;
    rig.ctx.clock.advance(20 * minute);
    expect((await back.ended()).reason).toBe('time_limit');
    expect((await rig.endedRow(session.id)).endReason).toBe('time_limit');
  });
});

describe('the end of the access', () => {
  // No use case moves the end of a grant that is there; whoever owns the database can.
  let owner: Connection;
  beforeAll(() => {
    owner = connect(rig.database.ownerUrl, { max: 1, name: 'test owner' });
  });
  afterAll(() => owner.close());
  const endsIn = (grantId: (typeof grants.$inferSelect)['id'], ms: number | null) =>
    owner.db
      .update(grants)
      .set({ endsAt: ms === null ? null : new Date(rig.ctx.clock.now().getTime() + ms) })
      .where(eq(grants.id, grantId));

  it('is told when it is set, moved and taken away, and ends the session by its own reason', async () => {
    const { session, browser, limits } = await openAndWork({});
    const grantId = session.authorized.grant.id;
    await endsIn(grantId, 60 * minute);
    await expect.poll(() => limits().at(-1)).toMatchObject({ endsInMs: 60 * minute, endsBy: 'grant_ended' });
    await endsIn(grantId, null);
    await expect.poll(() => limits().at(-1)).toMatchObject({ endsInMs: null });
    await endsIn(grantId, 10 * minute);
    await expect.poll(() => limits().at(-1)).toMatchObject({ endsInMs: 10 * minute });
    rig.ctx.clock.advance(10 * minute);
    expect((await browser.ended()).reason).toBe('grant_ended');
    expect((await rig.endedRow(session.id)).endReason).toBe('grant_ended');
  });
});
