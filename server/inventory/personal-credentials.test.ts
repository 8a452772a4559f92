/*
 * A personal credential is its owner's alone. It is sealed for their key without any password at hand, and opens only
 * with a handle of theirs. Nobody else can list, change or delete it, an administrator included; and whoever has the whole
 * database and the keyring has nothing of it.
 */
import { eq } from 'drizzle-orm';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mostOwnCredentials } from '../../db/queries/credential-facts.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { builtInRecordTypes, credentials, personKeys } from '../../db/schema.ts';
import { aCredential, anActor } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { type CredentialId, newId, type SecretId } from '../ids.ts';
import { openCredential } from '../vault/credential-secret.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import type { PersonKeyHandle } from '../vault/person-key-handle.ts';
import { openPersonalCredential } from '../vault/personal-credential.ts';
import { masterPassword, withMasterPassword } from '../vault/testing/master-password.ts';
import { newKeyPair } from '../vault/x25519.ts';
import { changeCredential } from './change-credential.ts';
import { ChangeCredentialInputSchema, CreateCredentialInputSchema } from './credential-input.ts';
import { deleteCredential } from './delete-credential.ts';
import { listCredentials } from './list-credentials.ts';
import {
  changePersonalCredential,
  createPersonalCredential,
  deletePersonalCredential,
  listPersonalCredentials,
} from './personal-credentials.ts';

let database: TestDatabase;
let ctx: Context;
let logged: unknown[];
let owner: Actor;
let stranger: Actor;
let admin: Actor;
let handle: PersonKeyHandle;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.close());

beforeEach(async () => {
  logged = [];
  const note = (...line: unknown[]) => void logged.push(...line);
  const { db } = database.connection;
  ctx = { ...testContext(database.connection), log: { debug: note, info: note, warn: note, error: note } };
  [owner, stranger, admin] = [await anActor(db), await anActor(db), await anActor(db, ['admin'])];
  for (const actor of [owner, stranger]) await withMasterPassword(ctx, actor.person.id);
  handle = valueIn(await openWithMasterPassword(ctx, owner.person.id, masterPassword));
});

function aPassword(name = 'Mine', password = 'horse battery staple') {
  return CreateCredentialInputSchema.parse({ type: 'password', name, username: 'ada', password });
}

async function created(input = aPassword(), by = owner): Promise<CredentialId> {
  return valueIn(await createPersonalCredential(ctx, by, input)).credentialId;
}

const opened = async (id: CredentialId) => valueIn(await openPersonalCredential(ctx, handle, id));
const change = (by: Actor, input: object) =>
  changePersonalCredential(ctx, by, ChangeCredentialInputSchema.parse(input));

async function secretIdOf(id: CredentialId): Promise<SecretId> {
  const [row] = await database.connection.db.select().from(credentials).where(eq(credentials.id, id));
  return row!.secretId!;
}

describe('its owner', () => {
  test('sees what it is called, and the vault opens it for them', async () => {
    const id = await created();
    const [row] = valueIn(await listPersonalCredentials(ctx, owner));
    expect(row).toEqual({
      credentialId: id,
      name: 'Mine',
      description: '',
      type: 'password',
      recordTypeId: builtInRecordTypes.password,
      recordType: 'Password',
      fields: {},
      username: 'ada',
      reference: null,
      isFavorite: false,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    expect(await opened(id)).toEqual({
      username: 'ada',
      secret: { type: 'password', password: 'horse battery staple' },
      secretOf: id,
    });
  });

  test('keeps an SSH key, without its passphrase; one that cannot be read is refused beside its field', async () => {
    const key = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'open it', cipher: 'aes256-ctr', rounds: 4 });
    const input = { type: 'ssh_key', name: 'Key', username: 'ada', privateKey: key.private, passphrase: 'open it' };
    const { secret } = await opened(await created(CreateCredentialInputSchema.parse(input)));
    const parsed = ssh2.utils.parseKey(secret.type === 'ssh_key' ? secret.privateKey : '');
    expect(parsed).not.toBeInstanceOf(Error);
    const wrong = CreateCredentialInputSchema.parse({ ...input, name: 'Other', passphrase: 'not this' });
    expect(await createPersonalCredential(ctx, owner, wrong)).toMatchObject({ params: { field: 'passphrase' } });
  });

  test('renames it without touching the secret, and replaces the secret without leaving the old one', async () => {
    const id = await created();
    const before = await secretIdOf(id);
    expect(valueIn(await change(owner, { credentialId: id, name: 'Renamed', username: 'ada' }))).toEqual({
      secretChanged: false,
    });
    expect(await secretIdOf(id)).toBe(before);
    valueIn(await change(owner, { credentialId: id, name: 'Renamed', username: 'ada', password: 'a new one' }));
    expect((await opened(id)).secret).toEqual({ type: 'password', password: 'a new one' });
    expect(await findSecret(database.connection.db, before)).toBeUndefined();
  });

  test('deletes it with its secret', async () => {
    const id = await created();
    const secretId = await secretIdOf(id);
    valueIn(await deletePersonalCredential(ctx, owner, { credentialId: id }));
    expect(await findSecret(database.connection.db, secretId)).toBeUndefined();
    expect(await openPersonalCredential(ctx, handle, id)).toMatchObject({ code: 'not_found' });
  });

  test('has each name once, and does not hear of the names of others', async () => {
    await created(aPassword('Same'));
    expect(await createPersonalCredential(ctx, owner, aPassword('same'))).toMatchObject({
      code: 'conflict',
      params: { field: 'name' },
    });
    await created(aPassword('Same'), stranger);
  });

  test('needs a master password first', async () => {
    expect(await createPersonalCredential(ctx, admin, aPassword())).toMatchObject({ code: 'no_master_password' });
  });
});

describe('somebody else, the administrator included,', () => {
  test('can neither see, change nor delete it: it does not exist for them', async () => {
    const id = await created();
    for (const other of [stranger, admin]) {
      expect(valueIn(await listPersonalCredentials(ctx, other))).toEqual([]);
      const wanted = { credentialId: id, name: 'Stolen', username: 'ada', password: 'x' };
      expect(await change(other, wanted)).toMatchObject({ code: 'not_found' });
      expect(await deletePersonalCredential(ctx, other, { credentialId: id })).toMatchObject({ code: 'not_found' });
    }
    const asShared = ChangeCredentialInputSchema.parse({ credentialId: id, name: 'Shared', username: 'ada' });
    expect(await changeCredential(ctx, admin, asShared)).toMatchObject({ code: 'not_found' });
    expect(await deleteCredential(ctx, admin, { credentialId: id })).toMatchObject({ code: 'not_found' });
    const all = { search: '', sort: 'name', descending: false, page: 1 } as const;
    const { rows } = valueIn(await listCredentials(ctx, admin, all));
    expect(rows.map(({ credentialId }) => credentialId)).not.toContain(id);
  });

  test('cannot open it with a handle of their own, even as the owner of the row', async () => {
    const id = await created();
    using theirs = valueIn(await openWithMasterPassword(ctx, stranger.person.id, masterPassword));
    expect(await openPersonalCredential(ctx, theirs, id)).toMatchObject({ code: 'not_found' });
    const stolen = { ownerId: stranger.person.id };
    await database.connection.db.update(credentials).set(stolen).where(eq(credentials.id, id));
    expect(await openPersonalCredential(ctx, theirs, id)).toMatchObject({ code: 'unavailable' });
    expect(logged).toContainEqual(expect.objectContaining({ code: 'personal_secret_not_for_us' }));
  });
});

describe('whoever has the database', () => {
  test('and the keyring opens nothing of it', async () => {
    const id = await created();
    const sealed = (await findSecret(database.connection.db, await secretIdOf(id)))!;
    expect(openCredential(ctx.keyring, id, sealed)).toEqual({ ok: false, why: 'not_for_us' });
    const [dump] = await database.connection.sql<{ text: string }[]>`
      select (select string_agg(t::text, '') from secrets t) || (select string_agg(t::text, '') from audit_events t) as text`;
    for (const form of ['horse battery staple', Buffer.from('horse battery staple').toString('hex')]) {
      expect(dump?.text).not.toContain(form);
    }
    expect(JSON.stringify(logged)).not.toContain('horse battery');
  });

  test('but not the keyring cannot have new credentials sealed for a key of their own', async () => {
    const { publicKey } = newKeyPair();
    const mine = eq(personKeys.personId, owner.person.id);
    await database.connection.db.update(personKeys).set({ publicKey }).where(mine);
    expect(await createPersonalCredential(ctx, owner, aPassword())).toMatchObject({ code: 'conflict' });
    expect(logged).toContainEqual(expect.objectContaining({ code: 'person_key_not_attested' }));
  });

  test('and puts one secret of a person in the place of another opens neither', async () => {
    const [one, two] = [await created(aPassword('One')), await created(aPassword('Two'))];
    const secretId = await secretIdOf(two);
    await database.connection.db.update(credentials).set({ secretId }).where(eq(credentials.id, one));
    expect(await openPersonalCredential(ctx, handle, one)).toMatchObject({ code: 'unavailable' });
  });
});

test('the audit log has each act, without names', async () => {
  const id = await created(aPassword(`Private ${newId()}`));
  valueIn(await change(owner, { credentialId: id, name: 'Other', username: 'ada', password: 'a new one' }));
  valueIn(await deletePersonalCredential(ctx, owner, { credentialId: id }));
  const rows = await database.connection.sql<{ kind: string; subject: object }[]>`
    select kind, subject from audit_events where subject->>'credentialId' = ${id} order by seq`;
  expect(rows.map(({ kind, subject }) => [kind, subject])).toEqual([
    ['personal_credential.created', { credentialId: id, type: 'password' }],
    ['personal_credential.changed', { credentialId: id, fields: ['name', 'secret'] }],
    ['personal_credential.deleted', { credentialId: id }],
  ]);
});

describe('how many there are', () => {
  test('is bounded, also for somebody who stores many at once', async () => {
    const { db } = database.connection;
    for (let count = 2; count < mostOwnCredentials; count += 1) await aCredential(db, { ownerId: owner.person.id });
    const names = ['one', 'two', 'three', 'four'];
    const outcomes = await Promise.all(names.map((name) => createPersonalCredential(ctx, owner, aPassword(name))));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2);
    expect(outcomes.find(({ ok }) => !ok)).toMatchObject({ code: 'conflict' });
    expect(valueIn(await listPersonalCredentials(ctx, owner))).toHaveLength(mostOwnCredentials);
    valueIn(await createPersonalCredential(ctx, stranger, aPassword('of somebody else')));
  });
});
