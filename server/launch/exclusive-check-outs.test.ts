/**
 * Contract: under a policy that says so a credential is for one person at a time. Whoever comes second is told so at
 * Connect, and at the last moment too, when both had connected before either opened; it is free again as soon as the
 * session is over or nothing was given. How many check-outs one person has waiting has an end.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findCheckOut, findUses } from '../../db/queries/check-outs.ts';
import { policies } from '../../db/schema.ts';
import { aGrant, aPerson } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { terminateSession } from '../desk/terminate-session.ts';
import type { CheckOutId } from '../ids.ts';
import { createJobRunner } from '../jobs/runner.ts';
import { masterPassword, withMasterPassword } from '../vault/testing/master-password.ts';
import { endSessionKind, endSessionWork } from './end-session-job.ts';
import { openLaunch } from './open-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { boundLaunch, connectAs, screen } from './testing/launching.ts';
import { type SignedIn, signIn } from './testing/signed-in.ts';
import { mostWaitingCheckOuts } from './waiting-check-outs.ts';

let rig: LaunchRig;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
let bob: SignedIn;
const start = Date.now();

beforeAll(async () => {
  rig = await startLaunchRig();
});
beforeEach(async () => {
  rig.ctx.clock.set(new Date(start));
  alice = await aReadyPerson(rig.ctx);
  bob = await another();
  await setExclusive(true);
});
afterAll(() => rig?.close());

/** Somebody else with the same right. */
async function another(): Promise<SignedIn> {
  const { db } = rig.ctx.connection;
  const person = await aPerson(db);
  await withMasterPassword(rig.ctx, person.id);
  await aGrant(db, { personId: person.id, computerId: alice.computer.id, policyId: alice.policy.id });
  return signIn(rig.ctx, person);
}

const setExclusive = (exclusiveCheckOut: boolean) =>
  rig.ctx.connection.db.update(policies).set({ exclusiveCheckOut }).where(eq(policies.id, alice.policy.id));
const connected = async ({ actor }: SignedIn) => valueIn(await connectAs(rig.ctx, actor, alice.computer.guid));
type Form = Awaited<ReturnType<typeof connected>>;

async function open({ actor }: SignedIn, form: Form) {
  const launchId = await boundLaunch(rig.ctx, actor, { ...form, ...screen });
  return openLaunch(rig.ctx, actor, { launchId, password: masterPassword }, rig.ports);
}
const uses = () => findUses(rig.ctx.connection.db, [alice.credential.id]);
const checkOutOf = (form: Form) => findCheckOut(rig.ctx.connection.db, form.ExternalCredentialCheckOutID as CheckOutId);

describe('a credential for one person at a time', () => {
  test('is refused to the second at Connect, and to one who had connected before', async () => {
    const [mine, theirs] = [await connected(alice), await connected(bob)];
    valueIn(await open(alice, mine));
    expect(await open(bob, theirs)).toMatchObject({ ok: false });
    expect((await checkOutOf(theirs))?.usedAt).toBeNull();
    expect(await connectAs(rig.ctx, bob.actor, alice.computer.guid)).toMatchObject({ code: 'checked_out' });
    expect(await uses()).toMatchObject([{ personId: alice.person.id, isExclusive: true }]);
    valueIn(await open(alice, await connected(alice)));
  });

  test('goes to one of two who open at the same moment, and the other reads why not', async () => {
    const all = [alice, bob, await another(), await another()];
    const forms = await Promise.all(all.map(async (by) => [by, await connected(by)] as const));
    const outcomes = await Promise.all(forms.map(([by, form]) => open(by, form)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    for (const outcome of outcomes.filter(({ ok }) => !ok)) expect(outcome).not.toMatchObject({ code: 'unavailable' });
    expect(await uses()).toHaveLength(1);
  });

  test('is free again once the session is over and its identity API heard it', async () => {
    const form = await connected(alice);
    const { sessionId } = valueIn(await open(alice, form));
    valueIn(await terminateSession(rig.ctx, alice.actor, { sessionId }));
    expect((await checkOutOf(form))?.endedAt).toBeNull();
    expect(await uses()).toEqual([]); // Whether or not it heard it.
    const kinds = { [endSessionKind]: endSessionWork(rig.ctx, rig.client.endSession) };
    const runner = await createJobRunner(rig.ctx, kinds);
    await runner.drain();
    await runner.stop();
    expect((await checkOutOf(form))?.endedAt).not.toBeNull();
    valueIn(await open(bob, await connected(bob)));
  });

  test('is free again when it could not be given in the end', async () => {
    const form = await connected(alice);
    await rig.database.connection.sql`delete from secret_recipients`;
    expect(await open(alice, form)).toMatchObject({ ok: false });
    expect((await checkOutOf(form))?.endedAt).not.toBeNull();
    expect(await uses()).toEqual([]);
  });

  test('is not had by a check-out from before the policy said so', async () => {
    await setExclusive(false);
    const [mine, theirs] = [await connected(alice), await connected(bob)];
    await setExclusive(true);
    expect(await open(alice, mine)).toMatchObject({ code: 'access_expired' });
    await setExclusive(false);
    valueIn(await open(bob, theirs));
    await setExclusive(true);
    expect(await connectAs(rig.ctx, alice.actor, alice.computer.guid)).toMatchObject({ code: 'checked_out' });
  });
});

test('so many check-outs of one person wait to be used, and one that is used or expires makes room', async () => {
  await setExclusive(false);
  const forms: Form[] = [];
  for (let n = 0; n < mostWaitingCheckOuts; n += 1) forms.push(await connected(alice));
  const refused = await connectAs(rig.ctx, alice.actor, alice.computer.guid);
  expect(refused).toMatchObject({ code: 'too_many_attempts', params: { seconds: 600 } });
  await connected(bob);
  valueIn(await open(alice, forms[0]!));
  await connected(alice);
  expect(await connectAs(rig.ctx, alice.actor, alice.computer.guid)).toMatchObject({ code: 'too_many_attempts' });
  rig.ctx.clock.advance(600_000);
  await connected(alice);
});

test('all of them at the same moment are no more than one after the other', async () => {
  await setExclusive(false);
  const wanted = Array.from({ length: mostWaitingCheckOuts + 15 }, () =>
    connectAs(rig.ctx, alice.actor, alice.computer.guid),
  );
  const outcomes = await Promise.all(wanted);
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(mostWaitingCheckOuts);
});
