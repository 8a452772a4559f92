/**
 * Contract: a recording gets its day when it is closed, from its policy or else from the setting; a later change makes it
 * later and never earlier; what was to be kept for ever gets a day only with notice; and every change says how many it met.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { aRecording, aSession } from '../../db/testing/builders.ts';
import type { Actor } from '../context.ts';
import type { SessionId } from '../ids.ts';
import { type CreatePolicyInput, CreatePolicyInputSchema, changePolicy } from '../inventory/policies.ts';
import { changeSetting } from '../inventory/settings.ts';
import { writeRecordingEnd } from '../live/end.ts';
import { dayMs, retentionRig } from './testing/retention-rig.ts';

let rig: Awaited<ReturnType<typeof retentionRig>>;
let admin: Actor;

beforeAll(async () => {
  rig = await retentionRig();
  admin = await rig.person('admin');
});
afterAll(() => rig?.close());
afterEach(async () => {
  await rig.asOwner.sql`delete from settings`;
  await rig.asOwner.sql`update recordings set state = 'deleted', deleted_at = now(), erased_at = now()`;
});

const daysOf = async (id: SessionId) => {
  const { retainUntil, sealedAt } = await rig.row(id);
  return retainUntil && sealedAt ? (retainUntil.getTime() - sealedAt.getTime()) / dayMs : null;
};
const set = (days: number | null) => changeSetting(rig.ctx, admin, { name: 'retentionDays', value: days });
let named = 0;
async function changeDays(policyId: string, retentionDays: number | null) {
  const values: CreatePolicyInput = CreatePolicyInputSchema.parse({ name: `kept ${++named}`, retentionDays });
  return changePolicy(rig.ctx, admin, { policyId: policyId as never, ...values });
}
const changes = async () =>
  (
    await rig.asOwner.sql<{ subject: Record<string, unknown> }[]>`
      select subject from audit_events where kind = 'recordings.retention_changed' order by at, seq`
  ).map(({ subject }) => subject);

it('is as the policy says, else as the setting says, else for ever', async () => {
  expect(await daysOf((await rig.aSealed()).id)).toBeNull();
  expect(await daysOf((await rig.aSealed({ retentionDays: 7 })).id)).toBe(7);
  await set(90);
  expect(await daysOf((await rig.aSealed()).id)).toBe(90);
  expect(await daysOf((await rig.aSealed({ retentionDays: 7 })).id)).toBe(7);
});

it('counts from the end of the session for one that could not be sealed', async () => {
  await set(10);
  const endedAt = new Date(rig.ctx.clock.now().getTime() - 3 * dayMs);
  const session = await aSession(rig.db, rig.owner, { state: 'ended', endReason: 'exited', endedAt });
  await aRecording(rig.db, session);
  await writeRecordingEnd(rig.ctx, { sessionId: session.id, personId: rig.owner.person.id }, { failed: 'ENOSPC' });
  expect((await rig.row(session.id)).retainUntil?.getTime()).toBe(endedAt.getTime() + 10 * dayMs);
});

it('becomes later with its policy, never earlier', async () => {
  const { id, policyId } = await rig.aSealed({ retentionDays: 30 });
  const other = await rig.aSealed({ retentionDays: 30 });
  await changeDays(policyId, 7);
  expect(await daysOf(id)).toBe(30);
  await changeDays(policyId, 60);
  expect(await daysOf(id)).toBe(60);
  expect(await daysOf(other.id)).toBe(30);
  expect((await changes()).at(-1)).toEqual({ policyId, lengthened: 1, dated: 0 });
  const { id: newer } = await rig.aSealed({ policyId });
  expect(await daysOf(newer)).toBe(60);
});

it('becomes that of the setting when the policy has none any more, if that is later', async () => {
  const { id, policyId } = await rig.aSealed({ retentionDays: 30 });
  await changeDays(policyId, null);
  expect(await daysOf(id)).toBeNull();
  expect((await changes()).at(-1)).toEqual({ policyId, lengthened: 1, dated: 0 });
});

it('becomes later with the setting, where the policy leaves it to that', async () => {
  await set(30);
  const [setting, policy] = [await rig.aSealed(), await rig.aSealed({ retentionDays: 30 })];
  await set(10);
  expect(await daysOf(setting.id)).toBe(30);
  await set(40);
  expect([await daysOf(setting.id), await daysOf(policy.id)]).toEqual([40, 30]);
  await set(null);
  expect(await daysOf(setting.id)).toBeNull();
  const last = (await changes()).slice(-2);
  expect(last).toEqual([
    { policyId: null, lengthened: 1, dated: 0 },
    { policyId: null, lengthened: 1, dated: 0 },
  ]);
});

it('is given with at least 30 days of notice to what was to be kept for ever', async () => {
  const old = await rig.aSealed();
  rig.ctx.clock.advance(400 * dayMs);
  const young = await rig.aSealed();
  await set(365);
  const now = rig.ctx.clock.now().getTime();
  expect((await rig.row(old.id)).retainUntil?.getTime()).toBe(now + 30 * dayMs);
  expect(await daysOf(young.id)).toBe(365);
  expect((await changes()).at(-1)).toEqual({ policyId: null, lengthened: 0, dated: 2 });
});

it('is left alone of what is deleted, and says nothing where nothing changes', async () => {
  const { id } = await rig.aSealed({ retentionDays: 1 });
  await rig.after(2);
  const before = await rig.row(id);
  const count = (await changes()).length;
  await set(1000);
  expect((await rig.row(id)).retainUntil).toEqual(before.retainUntil);
  expect(await changes()).toHaveLength(count);
});
