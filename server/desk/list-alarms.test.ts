/**
 * Contract: auditors and administrators are told, wherever they are, that the disk is low, that something was not deleted in
 * time and that a hold is asked to be lifted; a hold by itself is no alarm; nobody else is told anything.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Actor } from '../context.ts';
import { getSession } from './get-session.ts';
import { agreeToLiftHold, askToLiftHold, holdRecording } from './hold-recording.ts';
import { listAlarms } from './list-alarms.ts';
import { listSessions } from './list-sessions.ts';
import { retentionRig } from './testing/retention-rig.ts';

let rig: Awaited<ReturnType<typeof retentionRig>>;
let ann: Actor;
let admin: Actor;

beforeAll(async () => {
  rig = await retentionRig();
  [ann, admin] = [await rig.person('auditor'), await rig.person('admin')];
});
afterAll(() => rig?.close());

const alarmsFor = (actor: Actor, root = rig.root) => listAlarms(rig.ctx, actor, root);
const set = (gib: number) => rig.asOwner.sql`
  insert into settings (name, value, changed_at, changed_by)
  values ('minFreeGiB', ${String(gib)}::text::jsonb, now(), null)
  on conflict (name) do update set value = excluded.value`;
const listed = async (recording: 'held' | 'kept' | 'deleted') => {
  const outcome = await listSessions(rig.ctx, ann, { recording });
  return outcome.ok ? outcome.value.rows.map(({ id }) => id) : outcome.code;
};

it('tells of a disk below what the settings leave free, as it is now', async () => {
  await set(0);
  expect(await alarmsFor(admin)).toEqual({ kept: 0, lifts: 0 });
  await set(100_000);
  const least = { leastBytes: 100_000 * 1024 ** 3, freeBytes: expect.any(Number) };
  expect(await alarmsFor(admin)).toEqual({ kept: 0, lifts: 0, disk: least });
  expect(await alarmsFor(ann)).toMatchObject({ disk: least });
  expect(await alarmsFor(rig.owner)).toEqual({ kept: 0, lifts: 0 });
  await set(0);
});

it('tells the rest where the disk cannot be looked at', async () => {
  expect(await alarmsFor(ann, '/not/there')).toEqual({ kept: 0, lifts: 0 });
  expect(rig.logged).toContain('The disk of the recordings could not be looked at');
});

it('tells of what was not deleted, and of requests, and the list and the page of the session say the same', async () => {
  const [held, lost, gone] = [
    await rig.aSealed({ retentionDays: 1 }),
    await rig.aSealed({ retentionDays: 1 }),
    await rig.aSealed({ retentionDays: 1 }),
  ];
  await holdRecording(rig.ctx, ann, { sessionId: held.id, why: 'The incident of May.' });
  await rig.after(2, {
    prove: (recording) =>
      recording.sessionId === lost.id ? Promise.reject(new Error('EIO')) : rig.ports.prove(recording),
  });
  expect(await alarmsFor(ann)).toEqual({ kept: 1, lifts: 0 });
  expect(await alarmsFor(rig.owner)).toEqual({ kept: 0, lifts: 0 });
  expect([await listed('held'), await listed('kept'), await listed('deleted')]).toEqual([
    [held.id],
    [lost.id, held.id],
    [gone.id],
  ]);

  await askToLiftHold(rig.ctx, ann, { sessionId: held.id, why: 'Closed.' });
  expect(await alarmsFor(admin)).toEqual({ kept: 1, lifts: 1 });
  const page = async (actor: Actor, id = held.id) => {
    const outcome = await getSession(rig.ctx, actor, { sessionId: id });
    if (!outcome.ok) throw new Error(outcome.code);
    return outcome.value;
  };
  const rights = { mayHold: false, mayAskToLift: false, mayKeepHold: true };
  expect(await page(ann)).toMatchObject({ ...rights, mayAgreeToLift: false, holder: { id: ann.person.id } });
  expect(await page(admin)).toMatchObject({ ...rights, mayAgreeToLift: true, lifter: { id: ann.person.id } });
  expect(await page(rig.owner)).toMatchObject({ mayHold: false, mayAgreeToLift: false, mayKeepHold: false });
  expect(await page(ann, gone.id)).toMatchObject({ mayView: false, whyNotView: 'recording_deleted', mayHold: false });
  await agreeToLiftHold(rig.ctx, admin, { sessionId: held.id });
  expect(await page(ann)).toMatchObject({ mayHold: true, mayAskToLift: false, holder: null, lifter: null });
  expect(await alarmsFor(ann)).toEqual({ kept: 1, lifts: 0 });
});
