/*
 * Contract: while the disk of the recordings has no room, a launch that must be recorded is refused with what to do, before
 * anything is asked of an identity API, and can be opened as it is as soon as there is room; what need not be recorded opens.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ErrorCode, sentenceOf } from '../errors.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { openLaunch } from './open-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { launchAs } from './testing/launching.ts';

let rig: LaunchRig;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
let asked: number;

beforeAll(async () => {
  rig = await startLaunchRig();
});
beforeEach(async () => {
  alice = await aReadyPerson(rig.ctx);
  asked = 0;
});
afterAll(() => rig?.close());

const recordedAs = (recording: string) => rig.ctx.connection.sql`
  update policies set recording = ${recording} where id in
  (select policy_id from grants where computer_id = ${alice.computer.id})`;

async function openWith(hasRoom: boolean, launchId: Awaited<ReturnType<typeof launchAs>>): Promise<ErrorCode | 'ok'> {
  const outcome = await openLaunch(
    rig.ctx,
    alice.actor,
    { launchId, password: masterPassword },
    {
      ...rig.ports,
      getCredential: (question) => {
        asked += 1;
        return rig.ports.getCredential(question);
      },
      hasRoom: async () => hasRoom,
    },
  );
  return outcome.ok ? 'ok' : outcome.code;
}

test('what must be recorded waits for room', async () => {
  await recordedAs('required');
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  expect(await openWith(false, launchId)).toBe('disk_full');
  expect(asked).toBe(0);
  expect(sentenceOf({ ok: false, code: 'disk_full' })).toMatch(/tell an administrator/);
  expect(await openWith(true, launchId)).toBe('ok');
});

test.each(['best_effort', 'off'])('what is recorded %s does not', async (recording) => {
  await recordedAs(recording);
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  expect(await openWith(false, launchId)).toBe('ok');
});
