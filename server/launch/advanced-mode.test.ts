/**
 * Contract: what Advanced Mode offers is what the identity API then gives, and what was taken away in between is not given:
 * the right, its level, the credential, the other record that it refers to. Everything that is claimed is worked out anew.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkOuts, credentialTargets, grants, policies, sessions } from '../../db/schema.ts';
import { aGrant, anAccessLevel, aPerson, aPolicy } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import type { AccessLevelId, CredentialId } from '../ids.ts';
import { addComputerCredential, removeComputerCredential } from '../inventory/computer-credentials.ts';
import { createCredential } from '../inventory/create-credential.ts';
import { CreateCredentialInputSchema } from '../inventory/credential-input.ts';
import { createPersonalCredential } from '../inventory/personal-credentials.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { listConnectChoices } from './list-connect-choices.ts';
import { listShop } from './list-shop.ts';
import { openLaunch } from './open-launch.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { boundLaunch, connectAs, screen } from './testing/launching.ts';
import { signIn } from './testing/signed-in.ts';

let rig: LaunchRig;
let admin: Actor;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;
let root: { id: AccessLevelId; name: string };
let forRoot: CredentialId;
let made = 0;

beforeAll(async () => {
  rig = await startLaunchRig();
  admin = (await signIn(rig.ctx, await aPerson(db(), { roles: ['admin'] }))).actor;
});
beforeEach(async () => {
  alice = await aReadyPerson(rig.ctx);
  root = await anAccessLevel(db());
  forRoot = await stored({ username: 'root', password: 'of root' });
  await give(forRoot, root.id);
});
afterAll(() => rig?.close());

const db = () => rig.ctx.connection.db;
const input = (given: object) =>
  CreateCredentialInputSchema.parse({ name: `advanced ${++made}`, type: 'password', ...given });

async function stored(given: object): Promise<CredentialId> {
  return valueIn(await createCredential(rig.ctx, admin, input(given))).credentialId;
}

async function own(given: object = {}): Promise<CredentialId> {
  const mine = { username: 'alice', password: 'of alice', ...given };
  return valueIn(await createPersonalCredential(rig.ctx, alice.actor, input(mine))).credentialId;
}

async function give(credentialId: CredentialId, accessLevelId: AccessLevelId | null) {
  const computerId = alice.computer.id;
  valueIn(await addComputerCredential(rig.ctx, admin, { computerId, credentialId, accessLevelId }));
}

async function grantRoot() {
  const policy = await aPolicy(db());
  const { person, computer } = alice;
  const which = { personId: person.id, computerId: computer.id, policyId: policy.id, accessLevelId: root.id };
  return { ...(await aGrant(db(), which)), policy };
}

const choices = async () => {
  const offered = await listConnectChoices(rig.ctx, alice.actor, { computerGuid: alice.computer.guid });
  return valueIn(offered).map(({ accessLevel, credentials }) => ({
    level: accessLevel?.name ?? null,
    credentials: credentials.map(({ id, problem }) => (problem ? `${id}: ${problem}` : id)),
  }));
};

const advanced = (externalCredentialGuid: CredentialId, claims: object = {}) =>
  connectAs(rig.ctx, alice.actor, alice.computer.guid, { isAdvanceMode: true, externalCredentialGuid, ...claims });

/** From the launch on: what the gateway holds of it then, or why it does not. */
async function opened(
  form: Awaited<ReturnType<typeof advanced>>,
  meanwhile: () => Promise<unknown> = async () => null,
) {
  const launchId = await boundLaunch(rig.ctx, alice.actor, { ...valueIn(form), ...screen });
  await meanwhile();
  const outcome = await openLaunch(rig.ctx, alice.actor, { launchId, password: masterPassword }, rig.ports);
  return outcome.ok
    ? { sessionId: outcome.value.sessionId, username: rig.held.get(outcome.value.sessionId)?.credential.username }
    : { refused: sentenceOf(outcome) };
}

describe('an access level', () => {
  test('offers its credentials besides the standard ones, and gives them, with its name in the evidence', async () => {
    expect(await choices()).toEqual([{ level: null, credentials: [alice.credential.id] }]);
    const grant = await grantRoot();
    expect(await choices()).toEqual(
      expect.arrayContaining([
        { level: null, credentials: [alice.credential.id] },
        { level: root.name, credentials: [forRoot] },
      ]),
    );
    const form = await advanced(forRoot, { accessRequestPolicyId: grant.policy.id, accessLevelId: root.id });
    const { sessionId, username } = await opened(form);
    expect(username).toBe('root');
    const [session] = await db().select().from(sessions).where(eq(sessions.id, sessionId!));
    expect(session).toMatchObject({ grantId: grant.id, accessLevel: root.name, credentialId: forRoot });
    const [checkOut] = await db().select().from(checkOuts).where(eq(checkOuts.sessionId, sessionId!));
    expect(checkOut).toMatchObject({ accessLevel: root.name, isExclusive: false });
  });

  test('that nobody granted gives nothing, whichever level and policy are claimed', async () => {
    for (const claims of [{}, { accessLevelId: null }]) {
      expect(await advanced(forRoot, claims)).toMatchObject({ code: 'no_shared_credentials' });
    }
    expect(await advanced(forRoot, { accessLevelId: root.id })).toMatchObject({ code: 'right_changed' });
  });

  test.each([
    [
      'its right is revoked',
      async (id: string) => rig.database.connection.sql`update grants set revoked_at = now() where id = ${id}`,
      /revoked/,
    ],
    [
      'the computer loses the credential',
      async () =>
        valueIn(
          await removeComputerCredential(rig.ctx, admin, { computerId: alice.computer.id, credentialId: forRoot }),
        ),
      /shared credentials/,
    ],
  ])('gives nothing any more when %s before the session is opened', async (_, meanwhile, sentence) => {
    const grant = await grantRoot();
    const form = await advanced(forRoot, { accessRequestPolicyId: grant.policy.id });
    expect((await opened(form, () => Promise.resolve(meanwhile(grant.id)))).refused).toMatch(sentence);
  });
});

describe('a personal credential', () => {
  test('is offered beside the shared ones, and opened by its owner', async () => {
    const mine = await own();
    expect(await choices()).toEqual([{ level: null, credentials: [alice.credential.id, mine] }]);
    expect((await opened(await advanced(mine))).username).toBe('alice');
  });

  test('is not offered where the policy forbids it, nor given when the policy changes before it is opened', async () => {
    const mine = await own();
    const forbid = () => db().update(policies).set({ allowPersonal: false }).where(eq(policies.id, alice.policy.id));
    expect((await opened(await advanced(mine), forbid)).refused).toMatch(/does not allow credentials of your own/);
    expect(await choices()).toEqual([{ level: null, credentials: [alice.credential.id] }]);
    expect(await advanced(mine)).toMatchObject({ code: 'personal_not_allowed' });
  });

  test('makes Advanced Mode the only way where nothing else is stored, and the shop says so', async () => {
    await rig.database.connection.sql`update computers set shared_credential_id = null where id = ${alice.computer.id}`;
    const row = async () => {
      const query = { view: 'granted', search: alice.computer.name, page: 1 } as const;
      return valueIn(await listShop(rig.ctx, alice.actor, query)).page.rows[0];
    };
    expect(await row()).toMatchObject({
      isAdvancedOffered: false,
      connect: { code: 'no_credentials', message: 'No shared or personal credentials are available.' },
    });
    const mine = await own();
    expect(await row()).toMatchObject({ isAdvancedOffered: true, connect: { allowed: false, code: 'no_credential' } });
    expect((await opened(await advanced(mine))).username).toBe('alice');
  });
});

describe('a reference', () => {
  test('signs in as one record with the secret of the other, for whom both rights are', async () => {
    const referring = await stored({ username: 'deploy', referenceId: forRoot });
    await give(referring, null);
    expect(await choices()).toMatchObject([
      { credentials: [alice.credential.id, expect.stringContaining('you may not use here')] },
    ]);
    expect(await advanced(referring)).toMatchObject({ code: 'reference_not_allowed' });
    const grant = await grantRoot();
    expect((await opened(await advanced(referring))).username).toBe('deploy');
    const form = await advanced(referring);
    const revoke = () => db().update(grants).set({ revokedAt: new Date() }).where(eq(grants.id, grant.id));
    expect((await opened(form, revoke)).refused).toMatch(/you may not use here/);
  });
});

describe('a secret that waits', () => {
  test('greys Connect out with the reason, and is not given although it was checked out before', async () => {
    const form = await connectAs(rig.ctx, alice.actor, alice.computer.guid);
    const wait = () =>
      db()
        .update(credentialTargets)
        .set({ suspendedAt: new Date(), suspendedWhy: 'address' })
        .where(eq(credentialTargets.credentialId, alice.credential.id));
    expect((await opened(form, wait)).refused).toMatch(/waits until an administrator has confirmed/);
    const query = { view: 'granted', search: alice.computer.name, page: 1 } as const;
    expect(valueIn(await listShop(rig.ctx, alice.actor, query)).page.rows[0]).toMatchObject({
      connect: { allowed: false, code: 'credential_suspended' },
      isAdvancedOffered: false,
    });
  });
});

describe('a policy for one person at a time', () => {
  test('keeps everybody else out while a session lasts, and says why', async () => {
    await db().update(policies).set({ exclusiveCheckOut: true }).where(eq(policies.id, alice.policy.id));
    const bob = await aReadyPerson(rig.ctx);
    await aGrant(db(), { personId: bob.person.id, computerId: alice.computer.id });
    const bobs = () => connectAs(rig.ctx, bob.actor, alice.computer.guid);
    const waiting = valueIn(await bobs());
    const { sessionId } = await opened(await connectAs(rig.ctx, alice.actor, alice.computer.guid));
    expect(sessionId).toBeDefined();
    expect(await bobs()).toMatchObject({ code: 'checked_out' });
    const query = { view: 'granted', search: alice.computer.name, page: 1 } as const;
    expect(valueIn(await listShop(rig.ctx, bob.actor, query)).page.rows[0]).toMatchObject({
      connect: { allowed: false, code: 'checked_out' },
    });
    const launchId = await boundLaunch(rig.ctx, bob.actor, { ...waiting, ...screen });
    const late = await openLaunch(rig.ctx, bob.actor, { launchId, password: masterPassword }, rig.ports);
    expect(late).toMatchObject({ ok: false });
    expect((await connectAs(rig.ctx, alice.actor, alice.computer.guid)).ok).toBe(true);
  });
});

test('a start that is to come is waited for by whoever opens the launch, whatever the form says of the delay', async () => {
  const start = new Date(rig.ctx.clock.now().getTime() + 30_000).toISOString();
  const form = valueIn(await advanced(alice.credential.id, { checkOutStartDate: start }));
  expect(form.PSM_Connection_Delay).toBe('30');
  const { PSM_Connection_Delay: _, ...hasty } = form;
  const launchId = await boundLaunch(rig.ctx, alice.actor, { ...hasty, ...screen });
  const open = () => openLaunch(rig.ctx, alice.actor, { launchId, password: masterPassword }, rig.ports);
  expect(await open()).toMatchObject({ code: 'grant_not_started' });
  rig.ctx.clock.advance(30_000);
  expect((await open()).ok).toBe(true);
});
