/**
 * Contract: Connect works out everything that is claimed again: who, under which policy, until when, with which credential.
 * It is refused in the three sentences of the contract, and before the terms in force were accepted; what it answers is a
 * launch whose handles are stored nowhere.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findCheckOut } from '../../db/queries/check-outs.ts';
import { checkOuts, computers, credentials, termsAcceptances } from '../../db/schema.ts';
import { aCredential, aGrant, aPerson } from '../../db/testing/builders.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { sentenceOf } from '../errors.ts';
import { type CheckOutId, newId } from '../ids.ts';
import { ConnectComputerInputSchema, connectComputer } from './connect-computer.ts';
import { acceptTerms, hashOfTerms, listTerms, publishTerms, readTerms } from './terms.ts';
import { aReadyPerson, type LaunchRig, startLaunchRig } from './testing/launch-rig.ts';
import { signIn } from './testing/signed-in.ts';

let rig: LaunchRig;
let alice: Awaited<ReturnType<typeof aReadyPerson>>;

beforeAll(async () => {
  rig = await startLaunchRig();
});
beforeEach(async () => {
  alice = await aReadyPerson(rig.ctx);
});
afterAll(() => rig?.close());

const claims = () => ({
  targetPersonGuid: alice.person.id as string,
  accessRequestPolicyId: alice.policy.id as string,
  targetComputerGuid: alice.computer.guid as string,
  isAdvanceMode: false,
});

const connect = (change: object = {}, isDraining = false) =>
  connectComputer(rig.ctx, alice.actor, ConnectComputerInputSchema.parse({ ...claims(), ...change }), {
    isDraining: async () => isDraining,
  });

async function said(change: object = {}): Promise<string> {
  const outcome = await connect(change);
  return outcome.ok ? 'ok' : sentenceOf(outcome);
}

const setCredential = (sharedCredentialId: typeof alice.credential.id | null) =>
  rig.ctx.connection.db.update(computers).set({ sharedCredentialId }).where(eq(computers.id, alice.computer.id));

test('answers the fields of a launch, and keeps only hashes of its handles', async () => {
  const form = valueIn(await connect({ connectionDelaySeconds: 5 }));
  expect(form).toEqual({
    ComputerID: String(alice.computer.id),
    IsPersonalCred: 'false',
    ExternalCredentialCheckOutID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    LoginSessionID: alice.actor.login.id,
    ApiUrl: rig.ctx.publicUrl,
    Mode: 'SSH',
    ApiKey: expect.stringMatching(/^[\w-]{43}$/),
    CredentialID: alice.credential.id,
    ApiApplicationKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
    PSM_Connection_Delay: '5',
  });
  const rows = await rig.ctx.connection.db.select().from(checkOuts).where(eq(checkOuts.personId, alice.person.id));
  expect(rows).toMatchObject([{ grantId: alice.grant.id, isPersonal: false, usedAt: null }]);
  const events = await rig.database.connection.sql`select subject from audit_events`;
  for (const handle of [form.ApiKey, form.ApiApplicationKey]) {
    expect(JSON.stringify([rows, events])).not.toContain(handle);
  }
});

test('checks nothing out while the gateway opens no new sessions, and says so', async () => {
  const refusal = await connect({}, true);
  expect(refusal).toEqual({ ok: false, code: 'draining' });
  expect(refusal.ok ? '' : sentenceOf(refusal)).toMatch(/opens no new sessions. Please try again later/);
  const rows = await rig.ctx.connection.db.select().from(checkOuts).where(eq(checkOuts.personId, alice.person.id));
  expect(rows).toEqual([]);
});

test('says that there is no credential in the words of the contract', async () => {
  await setCredential(null);
  expect(await said()).toBe('No shared or personal credentials are available.');
  expect(await said({ isAdvanceMode: true })).toBe('None of the shared credentials are available.');
});

test('takes a personal credential of one’s own, and of nobody else', async () => {
  const { db } = rig.ctx.connection;
  const mine = await aCredential(db, { ownerId: alice.person.id });
  const theirs = await aCredential(db, { ownerId: (await aPerson(db)).id });
  const shared = await aCredential(db);
  await setCredential(null);
  const own = await connect({ isAdvanceMode: true, externalCredentialGuid: mine.id });
  expect(own).toMatchObject({ ok: true, value: { IsPersonalCred: 'true', CredentialID: mine.id } });
  const foreign = "Invalid Credential. You cannot use someone else's personal credential.";
  expect(await said({ isAdvanceMode: true, externalCredentialGuid: theirs.id })).toBe(foreign);
  const none = 'None of the shared credentials are available.';
  expect(await said({ isAdvanceMode: true, externalCredentialGuid: shared.id })).toBe(none);
  expect(await said({ isAdvanceMode: true, externalCredentialGuid: newId() })).toBe(none);
  await db.delete(credentials).where(eq(credentials.id, theirs.id));
});

test('believes no claim about person, policy or computer', async () => {
  const other = await aReadyPerson(rig.ctx);
  expect(await connect({ targetPersonGuid: other.person.id })).toMatchObject({ code: 'forbidden' });
  expect(await connect({ accessRequestPolicyId: other.policy.id })).toMatchObject({ code: 'right_changed' });
  expect(await connect({ targetComputerGuid: other.computer.guid })).toMatchObject({ code: 'no_grant' });
  expect(await connect({ targetComputerGuid: newId() })).toMatchObject({ code: 'not_found' });
});

test('gives no more time than the right has, nor than was asked for, and no time to come', async () => {
  const now = rig.ctx.clock.now().getTime();
  const at = (ms: number) => new Date(now + ms).toISOString();
  const { db } = rig.ctx.connection;
  const refusedFor = (field: string) => ({ code: 'invalid_input', params: { field } });
  expect(await connect({ checkOutStartDate: at(601_000) })).toMatchObject(refusedFor('checkOutStartDate'));
  expect(await connect({ checkOutEndDate: at(-1) })).toMatchObject(refusedFor('checkOutEndDate'));
  await rig.database.connection.sql`update grants set revoked_at = now() where id = ${alice.grant.id}`;
  const endsAt = new Date(now + 60_000);
  await aGrant(db, { personId: alice.person.id, computerId: alice.computer.id, policyId: alice.policy.id, endsAt });
  const endGiven = async (change: object = {}) => {
    const { ExternalCredentialCheckOutID } = valueIn(await connect(change));
    return (await findCheckOut(db, ExternalCredentialCheckOutID as CheckOutId))?.endsAt;
  };
  expect(await endGiven()).toEqual(endsAt);
  expect(await endGiven({ checkOutEndDate: at(60_001) })).toEqual(endsAt);
  expect(await endGiven({ checkOutEndDate: at(30_000) })).toEqual(new Date(now + 30_000));
});

test('asks for the terms of each version once, and takes agreement to no other text', async () => {
  const { actor: admin } = await signIn(rig.ctx, await aPerson(rig.ctx.connection.db, { roles: ['admin'] }));
  expect(await publishTerms(rig.ctx, alice.actor, { text: 'Mine.' })).toMatchObject({ code: 'forbidden' });
  valueIn(await publishTerms(rig.ctx, admin, { text: 'You are recorded.' }));
  expect(await publishTerms(rig.ctx, admin, { text: 'You are recorded.' })).toMatchObject({ code: 'conflict' });
  expect(await connect()).toMatchObject({ code: 'terms_not_accepted' });

  const { terms } = valueIn(await readTerms(rig.ctx, alice.actor));
  expect(terms?.sha256).toBe(hashOfTerms('You are recorded.'));
  const another = { version: 1, sha256: hashOfTerms('You are not.') };
  expect(await acceptTerms(rig.ctx, alice.actor, another)).toMatchObject({ code: 'terms_changed' });
  valueIn(await acceptTerms(rig.ctx, alice.actor, terms!));
  valueIn(await acceptTerms(rig.ctx, alice.actor, terms!));
  valueIn(await connect());
  const [row] = await rig.ctx.connection.db.select().from(checkOuts).where(eq(checkOuts.personId, alice.person.id));
  expect(row).toMatchObject({ termsVersion: 1, termsSha256: terms!.sha256 });

  valueIn(await publishTerms(rig.ctx, admin, { text: 'You are recorded, and so are your keys.' }));
  expect(await connect()).toMatchObject({ code: 'terms_not_accepted' });
  const query = { search: '', sort: 'latest', descending: false, page: 1 } as const;
  const { rows } = valueIn(await listTerms(rig.ctx, admin, query));
  expect(rows.map(({ version, accepted }) => [version, accepted])).toEqual([
    [2, 0],
    [1, 1],
  ]);
  await expect(rig.ctx.connection.db.delete(termsAcceptances)).rejects.toThrow();
});
