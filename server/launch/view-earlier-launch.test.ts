/**
 * Contract: who has to sign in on the way to their launch does not end at "expired": they are told that it belongs to an
 * earlier sign-in of theirs, and get the same once more in this one, as Connect would. Nobody else learns anything by it,
 * and the launch itself opens nothing.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { markLoginRevoked } from '../../db/queries/logins.ts';
import { accessLevels } from '../../db/schema.ts';
import { aComputer, aGrant } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type AccessLevelId, type LaunchId, newId } from '../ids.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { openLaunch } from './open-launch.ts';
import { receiveLaunch } from './receive-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { connectAs, launchAs, screen } from './testing/launching.ts';
import { type SignedIn, signIn } from './testing/signed-in.ts';
import { viewEarlierLaunch } from './view-earlier-launch.ts';
import { viewLaunch } from './view-launch.ts';

let rig: LaunchRig;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
let again: SignedIn;
const elsewhere = 'https://ids.example';

beforeAll(async () => {
  rig = await startLaunchRig();
});
beforeEach(async () => {
  alice = await aReadyPerson(rig.ctx);
  again = await signIn(rig.ctx, alice.person);
});
afterAll(() => rig?.close());

async function arrived(change: Record<string, string> = {}, origin?: string): Promise<LaunchId> {
  const form = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
  const params = new URLSearchParams({ ...form, ...screen, ...change });
  const apiUrls = [rig.ctx.publicUrl, elsewhere];
  return valueIn(await receiveLaunch(rig.ctx, { params, origin, apiUrls })).launchId;
}

const seen = (launchId: LaunchId, actor: Actor = again.actor) => viewEarlierLaunch(rig.ctx, actor, { launchId });
const expired = { ok: false, code: 'access_expired' };

test('of an earlier sign-in of theirs names the computer and what to claim, and is begun anew by that', async () => {
  const launchId = await arrived();
  await markLoginRevoked(rig.ctx.connection.db, alice.actor.login.id, rig.ctx.clock.now());
  expect(await viewLaunch(rig.ctx, again.actor, { launchId, unlockCookie: undefined })).toMatchObject(expired);
  const earlier = valueIn(await seen(launchId));
  expect(earlier).toEqual({
    computerName: alice.computer.name,
    origin: null,
    again: {
      computerGuid: alice.computer.guid,
      policyId: alice.policy.id,
      credentialId: alice.credential.id,
      accessLevelId: null,
    },
  });

  const { credentialId, accessLevelId } = earlier.again!;
  const claims = { isAdvanceMode: true, externalCredentialGuid: credentialId, accessLevelId };
  const form = valueIn(await connectAs(rig.ctx, again.actor, alice.computer.guid, claims));
  const params = new URLSearchParams({ ...form, ...screen });
  const anew = valueIn(await receiveLaunch(rig.ctx, { params, origin: undefined, apiUrls: [rig.ctx.publicUrl] }));
  valueIn(await viewLaunch(rig.ctx, again.actor, { launchId: anew.launchId, unlockCookie: undefined }));
  const input = { launchId: anew.launchId, password: masterPassword };
  valueIn(await openLaunch(rig.ctx, again.actor, input, rig.ports));
});

test('opens nothing, in either sign-in, once the one it names is over', async () => {
  const launchId = await arrived();
  await markLoginRevoked(rig.ctx.connection.db, alice.actor.login.id, rig.ctx.clock.now());
  valueIn(await seen(launchId));
  for (const { actor } of [alice, again]) {
    const opened = await openLaunch(rig.ctx, actor, { launchId, password: masterPassword }, rig.ports);
    expect(opened).toMatchObject({ ok: false });
  }
});

test('keeps the level of the right that it was under', async () => {
  const { db } = rig.ctx.connection;
  const level = newId<AccessLevelId>();
  await db.insert(accessLevels).values({ id: level, name: `Operator ${level}` });
  await rig.database.connection.sql`update grants set revoked_at = now() where id = ${alice.grant.id}`;
  const right = { personId: alice.person.id, computerId: alice.computer.id, policyId: alice.policy.id };
  await aGrant(db, { ...right, accessLevelId: level });
  await db.execute(`insert into computer_credentials (computer_id, credential_id, access_level_id)
    values (${alice.computer.id}, '${alice.credential.id}', '${level}')`);
  const claims = { isAdvanceMode: true, externalCredentialGuid: alice.credential.id, accessLevelId: level };
  const form = valueIn(await connectAs(rig.ctx, alice.actor, alice.computer.guid, claims));
  expect(valueIn(await seen(await arrived({ ...form }))).again).toMatchObject({ accessLevelId: level });
});

test('from another shop says where it came from, since only that one can begin it anew', async () => {
  const launchId = await arrived({ ApiUrl: elsewhere }, 'https://shop.example');
  expect(valueIn(await seen(launchId))).toEqual({
    computerName: alice.computer.name,
    origin: 'https://shop.example',
    again: null,
  });
});

test.each(['null', 'shop.example', 'https://shop.example/x', 'https://shop.example or call us', 'file://'])(
  'from %j names no place',
  async (origin) => {
    expect(valueIn(await seen(await arrived({ ApiUrl: elsewhere }, origin))).origin).toBeNull();
  },
);

test('with a check-out that is not theirs, or none, is not begun anew from here', async () => {
  const bob = await aReadyPerson(rig.ctx);
  const { ExternalCredentialCheckOutID } = valueIn(await connectAs(rig.ctx, bob.actor, bob.computer.guid));
  for (const id of [ExternalCredentialCheckOutID, newId(), 'theirs']) {
    const launchId = await arrived({ ExternalCredentialCheckOutID: id });
    expect(valueIn(await seen(launchId)).again).toBeNull();
  }
});

test('says nothing to anybody else, of this sign-in, of a computer without a right, or when it was opened', async () => {
  const bob = await aReadyPerson(rig.ctx);
  const launchId = await arrived();
  expect(await seen(launchId, bob.actor)).toMatchObject(expired);
  expect(await seen(launchId, alice.actor)).toMatchObject(expired);
  expect(await seen(newId<LaunchId>())).toMatchObject(expired);
  expect(await seen('../1' as LaunchId)).toMatchObject(expired);
  const { id: secretComputer } = await aComputer(rig.ctx.connection.db);
  expect(await seen(await arrived({ ComputerID: String(secretComputer) }))).toMatchObject(expired);
  expect(await seen(await arrived({ ComputerID: '9007199254740991' }))).toMatchObject(expired);

  const mine = await launchAs(rig.ctx, alice.actor, alice.computer.guid);
  valueIn(await openLaunch(rig.ctx, alice.actor, { launchId: mine, password: masterPassword }, rig.ports));
  expect(await seen(mine)).toMatchObject(expired);
});
