/*
 * A Reference Record lends its secret: the credential that refers to it signs in with its own user name and that secret.
 * One hop, one kind, one owner, whoever asks at the same moment. It is no way around: the secret goes nowhere that it was
 * not put to use for, nobody reaches what is somebody else's, and editing rows helps neither. The log names both records.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findCredential } from '../../db/queries/credentials.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { credentials, credentialTargets } from '../../db/schema.ts';
import { aComputer, anActor, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import { type CredentialId, newId } from '../ids.ts';
import { openCredential } from '../vault/credential-secret.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import { openPersonalCredential } from '../vault/personal-credential.ts';
import { releaseCredential } from '../vault/release-credential.ts';
import { masterPassword, withMasterPassword } from '../vault/testing/master-password.ts';
import { changeCredential } from './change-credential.ts';
import { createCredential } from './create-credential.ts';
import { findOwnReferenceChoices, findReferenceChoices } from './credential-choices.ts';
import { ChangeCredentialInputSchema, CreateCredentialInputSchema } from './credential-input.ts';
import { deleteCredential } from './delete-credential.ts';
import {
  changePersonalCredential,
  createPersonalCredential,
  deletePersonalCredential,
  listPersonalCredentials,
} from './personal-credentials.ts';

let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let admin: Actor;
let second: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  const { db } = database.connection;
  [admin, second] = [await anActor(db, ['admin']), await anActor(db, ['admin'])];
});
afterAll(() => database.close());

const named = (name: string) => `${name} ${newId().slice(-8)}`;
const input = (given: object) =>
  CreateCredentialInputSchema.parse({ type: 'password', name: named('Credential'), username: 'root', ...given });
const create = async (given: object, by = admin) => valueIn(await createCredential(ctx, by, input(given))).credentialId;
const own = async (by: Actor, given: object) =>
  valueIn(await createPersonalCredential(ctx, by, input(given))).credentialId;
const change = (id: CredentialId, given: object, by = admin) =>
  changeCredential(
    ctx,
    by,
    ChangeCredentialInputSchema.parse({ credentialId: id, name: named('Changed'), username: 'root', ...given }),
  );
const row = async (id: CredentialId) => (await findCredential(database.connection.db, null, id))!;
const problemAt = (field: string) => ({ ok: false, params: { field } });

let lender: CredentialId;
beforeEach(async () => {
  lender = await create({ password: 'the lent secret' });
});

describe('a shared record', () => {
  test('takes its secret from another instead of having one', async () => {
    const id = await create({ username: 'deploy', referenceId: lender });
    expect(await row(id)).toMatchObject({ username: 'deploy', secretId: null, referenceId: lender });
  });

  test('has one of both, never two and never none', async () => {
    const parse = (given: object) =>
      CreateCredentialInputSchema.safeParse({ type: 'password', name: 'n', username: 'u', ...given });
    expect(parse({ password: 'x', referenceId: lender }).error?.issues[0]?.path).toEqual(['password']);
    expect(parse({ password: '', referenceId: '' }).error?.issues[0]).toMatchObject({ message: 'Enter the password.' });
    const id = await create({ referenceId: lender });
    expect(await change(id, { password: 'own' })).toMatchObject(problemAt('password'));
    expect(await change(id, { referenceId: null })).toMatchObject(problemAt('password'));
    expect(await row(id)).toMatchObject({ secretId: null, referenceId: lender });
  });

  test('may get a secret of its own again, and may lend that', async () => {
    const id = await create({ referenceId: lender });
    valueIn(await change(id, { referenceId: null, password: 'own now' }, second));
    const after = await row(id);
    expect(after.referenceId).toBeNull();
    const opened = openCredential(ctx.keyring, id, (await findSecret(database.connection.db, after.secretId))!);
    expect(opened).toEqual({ ok: true, secret: { type: 'password', password: 'own now' } });
    await create({ referenceId: id });
  });

  test('that comes to refer destroys the secret it had', async () => {
    const id = await create({ password: 'soon gone' });
    const { secretId } = await row(id);
    valueIn(await change(id, { referenceId: lender }));
    expect(await findSecret(database.connection.db, secretId)).toBeUndefined();
  });

  test('keeps what it refers to when something else of it is changed', async () => {
    const id = await create({ referenceId: lender });
    expect(valueIn(await change(id, { username: 'other' }))).toEqual({ secretChanged: false });
    expect(await row(id)).toMatchObject({ username: 'other', referenceId: lender });
  });

  test('refers to one with a secret of its own: no chains, in either direction', async () => {
    const middle = await create({ referenceId: lender });
    const parsed = input({ referenceId: middle });
    expect(await createCredential(ctx, admin, parsed)).toMatchObject(problemAt('referenceId'));
    const other = await create({ password: 'x' });
    const outcome = await change(lender, { referenceId: other });
    expect(outcome).toMatchObject(problemAt('referenceId'));
    expect(!outcome.ok && sentenceOf(outcome)).toContain((await row(middle)).name);
    expect(await change(other, { referenceId: other })).toMatchObject(problemAt('referenceId'));
  });

  test('refers to the same kind of secret, to one that is there, and to a shared one', async () => {
    await withMasterPassword(ctx, admin.person.id);
    const mine = await own(admin, { password: 'mine' });
    for (const referenceId of [mine, newId<CredentialId>()]) {
      expect(await createCredential(ctx, admin, input({ referenceId }))).toMatchObject(problemAt('referenceId'));
    }
    const key = input({ type: 'ssh_key', referenceId: lender });
    expect(await createCredential(ctx, admin, key)).toMatchObject(problemAt('referenceId'));
  });

  test('stays as long as others use its secret, and goes afterwards', async () => {
    const id = await create({ referenceId: lender });
    const refused = await deleteCredential(ctx, admin, { credentialId: lender });
    expect(!refused.ok && sentenceOf(refused)).toContain((await row(id)).name);
    valueIn(await deleteCredential(ctx, admin, { credentialId: id }));
    valueIn(await deleteCredential(ctx, admin, { credentialId: lender }));
  });

  test('and another that name each other at the same moment do not come to refer to each other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [await create({ password: '1' }), await create({ password: '2' })];
      const outcomes = await Promise.all([change(one, { referenceId: two }), change(two, { referenceId: one })]);
      expect(outcomes.map(({ ok }) => ok).sort()).toEqual([false, true]);
      const referring = [await row(one), await row(two)].filter(({ referenceId }) => referenceId);
      expect(referring).toHaveLength(1);
    }
  });

  test('that is deleted while another comes to refer to it leaves no reference to nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [await create({ password: '1' }), await create({ password: '2' })];
      const [deleted, referred] = await Promise.all([
        deleteCredential(ctx, admin, { credentialId: two }),
        change(one, { referenceId: two }),
      ]);
      expect([deleted.ok, referred.ok].sort()).toEqual([false, true]);
    }
  });

  test('is offered those that it may refer to', async () => {
    const word = newId().slice(-8);
    const fits = await create({ name: `${word} fits`, password: 'x' });
    await create({ name: `${word} refers`, referenceId: lender });
    const self = await create({ name: `${word} self`, password: 'x' });
    const ask = (type: 'password' | 'ssh_key', actor = admin) =>
      findReferenceChoices(ctx, actor, { search: word, type, except: self });
    expect(valueIn(await ask('password'))).toEqual([{ value: fits, label: `${word} fits`, hint: 'root' }]);
    expect(valueIn(await ask('ssh_key'))).toEqual([]);
    expect(await ask('password', await anActor(database.connection.db))).toMatchObject({ code: 'forbidden' });
  });
});

describe('the secret of a shared record, released through another,', () => {
  async function aReleaseOf(credentialId: CredentialId) {
    const { db } = database.connection;
    const { person, login } = await anActor(db);
    await withMasterPassword(ctx, person.id);
    const computer = await aComputer(db, { sharedCredentialId: credentialId, server: `${newId()}.example` });
    await db.insert(credentialTargets).values({ credentialId: lender, server: computer.server, port: 22 });
    const session = await aSession(db, { person, login }, { computerId: computer.id });
    const handle = valueIn(await openWithMasterPassword(ctx, person.id, masterPassword));
    const release = { sessionId: session.id, computer, credentialId, isPersonal: false };
    return { computer, release: () => releaseCredential(ctx, handle, release) };
  }

  test('goes with the user name of the other, and the log names both', async () => {
    const id = await create({ username: 'deploy', referenceId: lender });
    const { release, computer } = await aReleaseOf(id);
    expect(await release()).toEqual({
      ok: true,
      value: { type: 'password', username: 'deploy', password: 'the lent secret' },
    });
    const [event] = await database.connection.sql<{ subject: object }[]>`
      select subject from audit_events where kind = 'credential.released' and subject->>'credentialId' = ${id}`;
    expect(event?.subject).toEqual({ credentialId: id, computerId: computer.id, referenceId: lender });
  });

  test.each([
    ['it was not put to use there itself', 'no_credential', { drop: true }],
    ['it is suspended there itself', 'credential_suspended', { suspend: true }],
  ] as const)('stays where it is when %s', async (_, code, how) => {
    const id = await create({ referenceId: lender });
    const { release } = await aReleaseOf(id);
    const { db } = database.connection;
    const ofLender = eq(credentialTargets.credentialId, lender);
    if ('drop' in how) await db.delete(credentialTargets).where(ofLender);
    else await db.update(credentialTargets).set({ suspendedAt: new Date(), suspendedWhy: 'address' }).where(ofLender);
    expect(await release()).toMatchObject({ ok: false, code });
  });

  test('stays where it is when a row was made to refer to somebody’s own', async () => {
    const person = await anActor(database.connection.db);
    await withMasterPassword(ctx, person.person.id);
    const theirs = await own(person, { password: 'theirs alone' });
    const id = await create({ referenceId: lender });
    const { release } = await aReleaseOf(id);
    const { db } = database.connection;
    await db.update(credentials).set({ referenceId: theirs }).where(eq(credentials.id, id));
    expect(await release()).toMatchObject({ ok: false, code: 'no_credential' });
  });

  test('goes nowhere new because an administrator who did not enter it has a record in use refer to it', async () => {
    const { db } = database.connection;
    const target = async (id: CredentialId) => {
      const rows = await db.select().from(credentialTargets).where(eq(credentialTargets.credentialId, id));
      return rows.map(({ server, suspendedBy, suspendedWhy }) => ({ server, suspendedBy, suspendedWhy }));
    };
    const bait = await create({ password: 'known to the second' }, second);
    await aComputer(db, { sharedCredentialId: bait, server: 'their-own.example' });
    valueIn(await change(bait, { referenceId: lender }, second));
    expect(await target(lender)).toEqual([
      { server: 'their-own.example', suspendedBy: second.person.id, suspendedWhy: 'new_target' },
    ]);
    const waitingSince = ctx.clock.now();
    valueIn(await change(lender, { password: 'entered again', waitingSince }));
    expect(await target(lender)).toEqual([{ server: 'their-own.example', suspendedBy: null, suspendedWhy: null }]);
  });
});

describe('a personal record', () => {
  let owner: Actor;
  let mine: CredentialId;

  beforeEach(async () => {
    owner = await anActor(database.connection.db);
    await withMasterPassword(ctx, owner.person.id);
    mine = await own(owner, { username: 'ada', password: 'mine alone' });
  });

  const opened = async (by: Actor, id: CredentialId) => {
    using handle = valueIn(await openWithMasterPassword(ctx, by.person.id, masterPassword));
    return await openPersonalCredential(ctx, handle, id);
  };

  test('opens with the secret of another of its owner, by their key', async () => {
    const id = await own(owner, { username: 'ada-admin', referenceId: mine });
    expect(await opened(owner, id)).toEqual({
      ok: true,
      value: { username: 'ada-admin', secret: { type: 'password', password: 'mine alone' }, secretOf: mine },
    });
    const shown = valueIn(await listPersonalCredentials(ctx, owner)).find(({ credentialId }) => credentialId === id);
    expect(shown?.reference?.credentialId).toBe(mine);
  });

  test('cannot be opened with database and keyring in hand', async () => {
    const id = await own(owner, { referenceId: mine });
    const stored = (await findCredential(database.connection.db, owner.person.id, mine))!;
    const sealed = (await findSecret(database.connection.db, stored.secretId))!;
    expect(sealed.recipients.map(({ kind, keyId }) => [kind, keyId])).toEqual([['person', owner.person.id]]);
    for (const each of [id, mine]) expect(openCredential(ctx.keyring, each, sealed)).toMatchObject({ ok: false });
    const renamed = sealed.recipients.map((each) => ({
      ...each,
      kind: 'system' as const,
      keyId: ctx.keyring.system.id,
    }));
    expect(openCredential(ctx.keyring, mine, { ...sealed, recipients: renamed })).toEqual({
      ok: false,
      why: 'altered',
    });
  });

  test('refers to nothing that is not its owner’s: neither somebody else’s nor a shared one', async () => {
    const stranger = await anActor(database.connection.db);
    await withMasterPassword(ctx, stranger.person.id);
    for (const referenceId of [mine, lender]) {
      const outcome = await createPersonalCredential(ctx, stranger, input({ referenceId }));
      expect(outcome).toMatchObject(problemAt('referenceId'));
      expect(!outcome.ok && sentenceOf(outcome)).not.toContain('ada');
    }
    const theirs = await own(stranger, { password: 'x' });
    const changing = { credentialId: theirs, name: named('T'), username: 'u', referenceId: mine };
    const outcome = await changePersonalCredential(ctx, stranger, ChangeCredentialInputSchema.parse(changing));
    expect(outcome).toMatchObject(problemAt('referenceId'));
  });

  test('opens nothing of somebody else when rows are edited to refer to it', async () => {
    const stranger = await anActor(database.connection.db);
    await withMasterPassword(ctx, stranger.person.id);
    const { db } = database.connection;
    const theirs = await own(stranger, { password: 'x' });
    const bait = await own(stranger, { referenceId: theirs });
    await db.update(credentials).set({ referenceId: mine }).where(eq(credentials.id, bait));
    expect(await opened(stranger, bait)).toMatchObject({ ok: false, code: 'not_found' });
    await db.update(credentials).set({ ownerId: stranger.person.id }).where(eq(credentials.id, mine));
    expect(await opened(stranger, bait)).toMatchObject({ ok: false, code: 'unavailable' });
  });

  test('is kept while others of its owner use its secret, which the refusal names to them', async () => {
    const name = named('Second account');
    await own(owner, { name, referenceId: mine });
    const refused = await deletePersonalCredential(ctx, owner, { credentialId: mine });
    expect(!refused.ok && sentenceOf(refused)).toContain(name);
  });

  test('is offered its owner’s own records', async () => {
    const ask = (actor: Actor) => findOwnReferenceChoices(ctx, actor, { search: '', type: 'password', except: null });
    expect(valueIn(await ask(owner)).map(({ value }) => value)).toEqual([mine]);
    expect(valueIn(await ask(await anActor(database.connection.db)))).toEqual([]);
  });

  test('and what it refers to are both in the log, without names', async () => {
    const name = named('Very private');
    const id = await own(owner, { name, referenceId: mine });
    const rows = await database.connection.sql<{ kind: string; subject: object }[]>`
      select kind, subject from audit_events where subject->>'credentialId' = ${id} order by seq`;
    expect(rows.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['personal_credential.created', { credentialId: id, type: 'password' }],
      ['credential.referred', { credentialId: id, referenceId: mine }],
    ]);
  });
});
