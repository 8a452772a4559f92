/*
 * A token is made with the master password and stands for it: its secret is shown once, is sealed, and can be opened by
 * the vault alone, also after the keyring was rotated. It can do no more than its person, is for the records, networks
 * and time that were chosen, and ends when its person or an administrator says so, when the person is shut out, and when
 * the master password is reset. Nothing of a secret is written anywhere.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tx } from '../../db/connect.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { builtInRecordTypes } from '../../db/schema.ts';
import { actorOf, aGrant, aLogin, anActor, anAwsRecord, aPerson } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { ApiTokenId, CredentialId, SecretId } from '../ids.ts';
import { setRecordTypeDisabled } from '../inventory/record-types.ts';
import { sealedPlacesInOrder } from '../vault/sealed-places.ts';
import { masterPassword, withMasterPassword } from '../vault/testing/master-password.ts';
import { openTokenSecret } from '../vault/token-secret.ts';
import {
  CreateApiTokenInputSchema,
  createApiToken,
  listApiTokens,
  listOwnApiTokens,
  readTokenUse,
  revokeApiToken,
} from './api-tokens.ts';
import { setPersonDisabled } from './change-person.ts';
import { resetMasterPassword } from './reset-master-password.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let admin: Actor;
let user: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
  await anActor(database.connection.db, ['admin']);
  valueIn(
    await setRecordTypeDisabled(ctx, admin, { recordTypeId: builtInRecordTypes.aws_access_key, disabled: false }),
  );
});

afterAll(() => database.close());

beforeEach(async () => {
  const { db } = database.connection;
  const person = await aPerson(db);
  user = actorOf(person, await aLogin(db, person));
  await withMasterPassword(ctx, person.id);
});

const make = (given: Record<string, unknown> = {}, actor = user) =>
  createApiToken(ctx, actor, CreateApiTokenInputSchema.parse({ name: 'laptop', password: masterPassword, ...given }));

const own = async (actor = user) => valueIn(await listOwnApiTokens(ctx, actor));

async function secretOf(
  id: ApiTokenId,
  keyring = ctx.keyring,
  tx: Tx = database.connection.db,
): Promise<string | undefined> {
  const [row] = await database.connection.sql<{ secret_id: SecretId }[]>`
    select secret_id from api_tokens where id = ${id}`;
  const sealed = await findSecret(tx, row?.secret_id ?? null);
  const opened = sealed && openTokenSecret(keyring, id, sealed);
  return opened?.ok ? opened.secret : undefined;
}

async function events(kind: string, apiTokenId: string) {
  const rows = await database.connection.sql<{ subject: Record<string, unknown>; actor_id: string | null }[]>`
    select subject, actor_id from audit_events where kind = ${kind} and subject ->> 'apiTokenId' = ${apiTokenId}`;
  return rows.map(({ subject, actor_id }) => ({ ...subject, actorId: actor_id }));
}

async function recordFor(actor: Actor | null): Promise<CredentialId> {
  const { db } = database.connection;
  const { credential } = await anAwsRecord(db, ctx.keyring);
  if (actor) await aGrant(db, { credentialId: credential.id, personId: actor.person.id });
  return credential.id;
}

describe('a new token', () => {
  test('is shown with its secret once, in letters that no shell or file reads as its own', async () => {
    const made = valueIn(await make({ networks: '192.0.2.0/24, 2001:DB8::/32', days: 7 }));
    expect(made.tokenId).toMatch(/^SPT[0-9A-F]{16}$/);
    expect(made.secret).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(made.expiresAt.getTime() - ctx.clock.now().getTime()).toBe(7 * 24 * 3_600_000);
    expect(await secretOf(made.apiTokenId)).toBe(made.secret);
    const rows = await own();
    expect(rows).toMatchObject([
      {
        tokenId: made.tokenId,
        name: 'laptop',
        scopes: ['aws'],
        networks: ['192.0.2.0/24', '2001:db8::/32'],
        records: [],
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain(made.secret);
    const [event] = await events('api_token.created', made.apiTokenId);
    expect(event).toMatchObject({ tokenId: made.tokenId, name: 'laptop', actorId: user.person.id });
    const [{ log } = { log: '' }] = await database.connection.sql<{ log: string }[]>`
      select string_agg(subject::text, ' ') as log from audit_events`;
    expect(log).not.toContain(made.secret);
    expect(log).not.toContain(masterPassword);
  });

  test('keeps its secret while the keyring is rotated', async () => {
    const { apiTokenId, secret } = valueIn(await make());
    const rotated = { ...ctx.keyring, system: { id: 'next', key: randomBytes(32) } };
    const both = { ...rotated, otherSystemKeys: [ctx.keyring.system] };
    const [secrets] = sealedPlacesInOrder;
    const page = { keyId: ctx.keyring.system.id, after: null, limit: 1000 };
    const undo = new Error('as it was');
    const carrying = database.connection.db.transaction(async (tx) => {
      expect(await secrets?.carryOver(tx, both, page)).toMatchObject({ stuck: [] });
      expect(await secretOf(apiTokenId, rotated, tx)).toBe(secret);
      throw undo;
    });
    await expect(carrying).rejects.toBe(undo);
    expect(await secretOf(apiTokenId)).toBe(secret);
  });

  test('takes the master password of its person', async () => {
    expect(await make({ password: 'another one, not theirs' })).toMatchObject({
      code: 'invalid_master_password',
      params: { field: 'password' },
    });
    const without = await anActor(database.connection.db);
    expect(await make({}, without)).toMatchObject({ code: 'no_master_password' });
    expect(await own()).toEqual([]);
  });

  test('is for records that its person may use now, and no others', async () => {
    const mine = await recordFor(user);
    const foreign = await recordFor(null);
    const refused = await make({ credentialIds: [mine, foreign] });
    expect(refused).toMatchObject({ code: 'invalid_input', params: { field: 'credentialIds' } });
    valueIn(await make({ credentialIds: [mine] }));
    expect((await own())[0]?.records).toHaveLength(1);
  });

  test('can be one of fifty that live', async () => {
    const { sql } = database.connection;
    const { apiTokenId } = valueIn(await make());
    await sql`insert into api_tokens (id, token_id, name, person_id, scopes, secret_id, created_at, expires_at)
      select gen_random_uuid(), 'T' || gen_random_uuid(), 'x', person_id, scopes, secret_id, created_at, expires_at
      from api_tokens, generate_series(1, 49) where id = ${apiTokenId}`;
    expect(await make()).toMatchObject({ code: 'conflict' });
    valueIn(await revokeApiToken(ctx, user, { apiTokenId }));
    valueIn(await make());
  });

  test('is not made for somebody who was shut out a moment ago', async () => {
    valueIn(await setPersonDisabled(ctx, admin, { personId: user.person.id, disabled: true }));
    expect(await make()).toMatchObject({ code: 'person_disabled' });
  });

  test.each([
    ['networks', { networks: '192.0.2.0/33' }],
    ['networks', { networks: 'example.org' }],
    ['networks', { networks: 'fe80::1%eth0' }],
    ['networks', { networks: '192.0.2.0/24/7' }],
    ['networks', { networks: '192.0.2.0/' }],
    ['days', { days: 0 }],
    ['days', { days: 367 }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['everything'] }],
    ['credentialIds', { credentialIds: ['1'] }],
    ['name', { name: ' ' }],
    ['password', { password: '' }],
  ])('is refused at the field %s', (field, given) => {
    const read = CreateApiTokenInputSchema.safeParse({ name: 'x', password: 'x', ...given });
    expect(read.error?.issues[0]?.path[0]).toBe(field);
  });
});

describe('a token ends', () => {
  const made = async () => valueIn(await make()).apiTokenId;
  const revokedAt = async (id: ApiTokenId) => (await own()).find(({ apiTokenId }) => apiTokenId === id)?.revokedAt;

  test('when its person or an administrator revokes it, once, and nobody else can', async () => {
    const id = await made();
    const stranger = await anActor(database.connection.db);
    expect(await revokeApiToken(ctx, stranger, { apiTokenId: id })).toMatchObject({ ok: false });
    expect(await revokedAt(id)).toBeNull();
    for (const actor of [user, admin]) valueIn(await revokeApiToken(ctx, actor, { apiTokenId: id }));
    expect(await revokedAt(id)).toEqual(ctx.clock.now());
    expect(await events('api_token.revoked', id)).toHaveLength(1);
    const another = await made();
    valueIn(await revokeApiToken(ctx, admin, { apiTokenId: another }));
    expect(await events('api_token.revoked', another)).toMatchObject([{ actorId: admin.person.id }]);
  });

  test('with the account, and does not come back with it', async () => {
    const id = await made();
    const { id: personId } = user.person;
    for (const disabled of [true, false]) valueIn(await setPersonDisabled(ctx, admin, { personId, disabled }));
    expect(await revokedAt(id)).not.toBeNull();
    expect(await events('api_token.revoked', id)).toHaveLength(1);
  });

  test('with the master password that it stands for', async () => {
    const id = await made();
    valueIn(await resetMasterPassword(ctx, admin, { personId: user.person.id }));
    expect(await revokedAt(id)).not.toBeNull();
  });
});

test('administrators see everybody’s, living ones first, and others only their own', async () => {
  const { apiTokenId } = valueIn(await make({ name: 'of the list' }));
  const old = valueIn(await make({ name: 'a revoked one' }));
  valueIn(await revokeApiToken(ctx, user, { apiTokenId: old.apiTokenId }));
  const listed = valueIn(await listApiTokens(ctx, admin, listOf('name', { search: user.person.email })));
  expect(listed.rows.map((row) => row.apiTokenId)).toEqual([apiTokenId, old.apiTokenId]);
  expect(listed.rows[0]?.person).toMatchObject({ personId: user.person.id, email: user.person.email });
  expect(await listApiTokens(ctx, user, listOf('name'))).toMatchObject({ code: 'forbidden' });
});

test('what came of a token is told to its person alone', async () => {
  const { apiTokenId } = valueIn(await make());
  expect(await readTokenUse(ctx, user, { apiTokenId })).toEqual({ ok: true, value: null });
  expect(await readTokenUse(ctx, admin, { apiTokenId })).toMatchObject({ code: 'not_found' });
});
