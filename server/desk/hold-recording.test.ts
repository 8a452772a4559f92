/**
 * Contract: an auditor or an administrator keeps a recording from being deleted at once and alone; to free it again takes two
 * people, neither of whom worked in the session; everything of it is evidence, with the reasons; and after it was freed a
 * week is left in which a mistake can be mended.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Actor } from '../context.ts';
import type { SessionId } from '../ids.ts';
import {
  AnswerLiftInputSchema,
  agreeToLiftHold,
  askToLiftHold,
  HoldRecordingInputSchema,
  holdRecording,
  keepHold,
} from './hold-recording.ts';
import { dayMs, retentionRig } from './testing/retention-rig.ts';

let rig: Awaited<ReturnType<typeof retentionRig>>;
let [ann, bob, admin, user]: Actor[] = [];
let worker: Actor;

beforeAll(async () => {
  rig = await retentionRig();
  [ann, bob, admin, user] = [
    await rig.person('auditor'),
    await rig.person('auditor'),
    await rig.person('admin'),
    await rig.person('user', 'approver'),
  ];
  worker = await rig.person('auditor', 'admin');
});
afterAll(() => rig?.close());

const someone = (actor: Actor | undefined): Actor => {
  if (!actor) throw new Error('Nobody of that name was made.');
  return actor;
};
const hold = (by: Actor | undefined, sessionId: SessionId, why = 'The incident of May.') =>
  holdRecording(rig.ctx, someone(by), { sessionId, why });
const ask = (by: Actor | undefined, sessionId: SessionId, why = 'The case is closed.') =>
  askToLiftHold(rig.ctx, someone(by), { sessionId, why });
const agree = (by: Actor | undefined, sessionId: SessionId) => agreeToLiftHold(rig.ctx, someone(by), { sessionId });
const decline = (by: Actor | undefined, sessionId: SessionId) => keepHold(rig.ctx, someone(by), { sessionId });
const holdEvents = async (id: SessionId) =>
  (await rig.events(id)).filter(({ kind }) => /hold|held|lift/.test(kind)).map(({ kind }) => kind);

it('is put by one person and lifted by two, and then there is a week before anything is deleted', async () => {
  const { id } = await rig.aSealed({ retentionDays: 1 });
  expect(await hold(ann, id)).toEqual({ ok: true, value: undefined });
  expect(await rig.row(id)).toMatchObject({ heldBy: ann?.person.id, holdReason: 'The incident of May.' });
  await rig.after(10);
  expect(await ask(ann, id)).toMatchObject({ ok: true });
  expect(await agree(ann, id)).toMatchObject({ ok: false, code: 'second_person' });
  await rig.after(10);
  expect((await rig.row(id)).state).toBe('sealed');

  expect(await agree(admin, id)).toMatchObject({ ok: true });
  const row = await rig.row(id);
  expect(row).toMatchObject({ heldAt: null, heldBy: null, holdReason: null, liftAskedBy: null, keptWhy: null });
  expect(row.retainUntil?.getTime()).toBe(rig.ctx.clock.now().getTime() + 7 * dayMs);
  await rig.after(6);
  expect((await rig.row(id)).state).toBe('sealed');
  await rig.after(2);
  expect((await rig.row(id)).state).toBe('deleted');
  expect(await holdEvents(id)).toEqual(['recording.held', 'recording.lift_asked', 'recording.hold_lifted']);
  expect(await rig.events(id)).toContainEqual({
    kind: 'recording.hold_lifted',
    subject: { personId: ann?.person.id, why: 'The case is closed.' },
  });
});

it('leaves one that is kept for ever, or longer than a week, as it was', async () => {
  const [forever, long] = [await rig.aSealed(), await rig.aSealed({ retentionDays: 90 })];
  const until = (await rig.row(long.id)).retainUntil;
  for (const { id } of [forever, long]) {
    await hold(ann, id);
    await ask(ann, id);
    expect(await agree(bob, id)).toMatchObject({ ok: true });
  }
  expect((await rig.row(forever.id)).retainUntil).toBeNull();
  expect((await rig.row(long.id)).retainUntil).toEqual(until);
});

it('is not lifted by whoever worked in the session, in whatever role, but may be put by them', async () => {
  const { id } = await rig.aSealed({ by: worker });
  expect(await hold(worker, id)).toMatchObject({ ok: true });
  expect(await ask(worker, id)).toMatchObject({ ok: false, code: 'own_hold' });
  expect(await ask(ann, id)).toMatchObject({ ok: true });
  expect(await agree(worker, id)).toMatchObject({ ok: false, code: 'own_hold' });
  expect(await rig.row(id)).toMatchObject({ heldBy: worker.person.id, liftAskedBy: ann?.person.id });
});

it('is nothing for anybody else', async () => {
  const { id } = await rig.aSealed();
  expect(await hold(user, id)).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await hold(rig.owner, id)).toMatchObject({ ok: false, code: 'forbidden' });
  await hold(ann, id);
  await ask(ann, id);
  for (const act of [ask, agree, decline]) expect(await act(user, id)).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await holdEvents(id)).toEqual(['recording.held', 'recording.lift_asked']);
});

it('stays when somebody declines, and whoever asked may take it back', async () => {
  const { id } = await rig.aSealed();
  await hold(ann, id);
  for (const by of [bob, ann]) {
    await ask(ann, id);
    expect(await decline(by, id)).toMatchObject({ ok: true });
    expect(await rig.row(id)).toMatchObject({ heldBy: ann?.person.id, liftAskedBy: null, liftReason: null });
  }
  expect(await agree(bob, id)).toMatchObject({ ok: false, code: 'conflict' });
  expect(await holdEvents(id)).toEqual([
    'recording.held',
    'recording.lift_asked',
    'recording.lift_declined',
    'recording.lift_asked',
    'recording.lift_declined',
  ]);
});

it('is agreed to once, and a request of two people at the same time is one request', async () => {
  const { id } = await rig.aSealed();
  const held = await Promise.all([hold(ann, id), hold(bob, id)]);
  expect(held.filter(({ ok }) => ok)).toHaveLength(1);
  const asked = await Promise.all([ask(ann, id), ask(bob, id)]);
  expect(asked.filter(({ ok }) => ok)).toHaveLength(1);
  const agreed = await Promise.all([agree(admin, id), agree(admin, id)]);
  expect(agreed.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await holdEvents(id)).toHaveLength(3);
});

it('is about a recording that is there', async () => {
  const { id } = await rig.aSealed();
  expect(await ask(ann, id)).toMatchObject({ ok: false, code: 'conflict' });
  const { id: other } = await rig.aSealed({ retentionDays: 1 });
  await rig.after(2);
  for (const act of [hold, ask, agree, decline])
    expect(await act(ann, other)).toMatchObject({ ok: false, code: 'recording_deleted' });
  const nothing = '01900000-0000-7000-8000-000000000000' as SessionId;
  for (const act of [hold, ask, agree, decline])
    expect(await act(ann, nothing)).toMatchObject({ ok: false, code: 'not_found' });
});

it.each([
  [{ sessionId: 'x', why: 'y' }],
  [{ sessionId: '01900000-0000-7000-8000-000000000000', why: '   ' }],
  [{ sessionId: '01900000-0000-7000-8000-000000000000', why: 'x'.repeat(301) }],
  [{ sessionId: '01900000-0000-7000-8000-000000000000' }],
])('%j is no input', (input) => {
  expect(HoldRecordingInputSchema.safeParse(input).success).toBe(false);
});

it('takes reasons as plain text', () => {
  const sessionId = '01900000-0000-7000-8000-00000000000A';
  const input = HoldRecordingInputSchema.parse({ sessionId, why: ' a\u202eb\nc ' });
  expect(input).toEqual({ sessionId: sessionId.toLowerCase(), why: expect.not.stringMatching(/[\u202e\n]/) });
  expect(AnswerLiftInputSchema.safeParse({ sessionId }).success).toBe(true);
});
