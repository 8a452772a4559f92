/*
 * What the identity API gives out for a computer follows what its secret was put to use for: nothing at an address where
 * it waits, and of several servers only those where it does not. Over a real database and real HTTP, as the gateway asks.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkOuts, computers } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { ChangeComputerInputSchema, changeComputer } from '../inventory/change-computer.ts';
import { ConfirmTargetInputSchema, confirmTarget, listWaitingTargets } from '../inventory/confirm-target.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { openLaunch } from './open-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig, storedPassword } from './testing/launch-rig.ts';
import { connectAs, launchAs } from './testing/launching.ts';

let rig: LaunchRig;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
let mallory: Actor;
let second: Actor;

beforeAll(async () => {
  rig = await startLaunchRig();
  mallory = await anActor(rig.ctx.connection.db, ['admin']);
  second = await anActor(rig.ctx.connection.db, ['admin']);
});
beforeEach(async () => {
  alice = await aReadyPerson(rig.ctx);
});
afterAll(() => rig?.close());

async function change(given: object) {
  const { ctx } = rig;
  const [row] = await ctx.connection.db.select().from(computers).where(eq(computers.id, alice.computer.id));
  const input = ChangeComputerInputSchema.parse({ ...row, computerId: alice.computer.id, ...given });
  return valueIn(await changeComputer(ctx, mallory, input));
}

async function confirmAll() {
  for (const row of valueIn(await listWaitingTargets(rig.ctx, second, listOf('since'))).rows) {
    valueIn(await confirmTarget(rig.ctx, second, ConfirmTargetInputSchema.parse(row)));
  }
}

async function open() {
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  return openLaunch(rig.ctx, alice.actor, { launchId, password: masterPassword }, rig.ports);
}

async function given() {
  const { sessionId } = valueIn(await open());
  return rig.held.get(sessionId);
}

test('a computer that was pointed elsewhere gives nothing, until a second administrator confirms it', async () => {
  await change({ server: 'evil.example' });
  const refused = await connectAs(rig.ctx, alice.actor, alice.computer.guid);
  expect(refused).toMatchObject({ ok: false, code: 'credential_suspended' });
  await confirmAll();
  expect(await given()).toMatchObject({
    targets: [{ server: 'evil.example', port: 2222 }],
    credential: { password: storedPassword },
  });
});

test('one that is pointed elsewhere between the shop and the master password gives nothing either', async () => {
  const launchId = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  await change({ server: 'evil.example' });
  const outcome = await openLaunch(rig.ctx, alice.actor, { launchId, password: masterPassword }, rig.ports);
  expect(outcome.ok).toBe(false);
  expect(JSON.stringify(outcome)).not.toContain(storedPassword);
  const [checkOut] = await rig.ctx.connection.db
    .select()
    .from(checkOuts)
    .where(eq(checkOuts.personId, alice.person.id));
  expect(checkOut?.usedAt).toBeNull();
});

test('servers and notes are told in order; one that waits is left out, and told once it is confirmed', async () => {
  await change({ server2: 'db2.example', notes: 'Ask Bob before you restart it.' });
  expect(await given()).toMatchObject({
    targets: [{ server: 'db1.example', port: 2222 }],
    notes: 'Ask Bob before you restart it.',
  });
  await confirmAll();
  await change({ server2: 'db2.example', server3: 'evil.example' });
  expect((await given())?.targets.map(({ server }) => server)).toEqual(['db1.example', 'db2.example']);
});
