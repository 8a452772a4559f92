/*
 * A shared credential goes in and never comes out again: not in a list, not in a refusal, not in the audit log, not in a
 * log line, and in the database only as ciphertext. It can be changed and replaced without being shown, and it cannot be
 * deleted while a computer depends on it.
 */
import { randomBytes } from 'node:crypto';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../db/connect.ts';
import { lockSharedCredential } from '../../db/queries/credentials.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { builtInRecordTypes } from '../../db/schema.ts';
import { aComputer, anActor } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { openCredential } from '../vault/credential-secret.ts';
import { changeCredential } from './change-credential.ts';
import { createCredential } from './create-credential.ts';
import { ChangeCredentialInputSchema, CreateCredentialInputSchema } from './credential-input.ts';
import { deleteCredential } from './delete-credential.ts';
import { listCredentials } from './list-credentials.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;
const logged: unknown[] = [];
const byName = { search: '', sort: 'name', descending: false, page: 1 } as const;

beforeAll(async () => {
  database = await testDatabase();
  const note = (...line: unknown[]) => void logged.push(...line);
  ctx = { ...testContext(database.connection), log: { debug: note, info: note, warn: note, error: note } };
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

function password(name: string, secret = 'correct horse', username = 'root') {
  return CreateCredentialInputSchema.parse({ type: 'password', name, username, password: secret });
}

async function created(input: ReturnType<typeof password>): Promise<CredentialId> {
  return valueIn(await createCredential(ctx, admin, input)).credentialId;
}

async function storedSecret(id: CredentialId) {
  const { db } = database.connection;
  const row = await lockSharedCredential(db, id);
  const opened = openCredential(ctx.keyring, id, (await findSecret(db, row!.secretId))!);
  return opened.ok ? opened.secret : opened;
}

async function rowOf(id: CredentialId) {
  const { rows } = valueIn(await listCredentials(ctx, admin, byName));
  return rows.find(({ credentialId }) => credentialId === id);
}

async function countSecrets(): Promise<number> {
  const [row] = await database.connection.sql<{ n: number }[]>`
    select (select count(*) from secrets)::int + (select count(*) from secret_recipients)::int as n`;
  return row!.n;
}

describe('a new credential', () => {
  test('is listed by name, kind and user name; the password can be opened by the vault alone', async () => {
    const id = await created(password('Linux root', '  spaces belong to it '));
    expect(await rowOf(id)).toEqual({
      credentialId: id,
      name: 'Linux root',
      description: '',
      type: 'password',
      recordTypeId: builtInRecordTypes.password,
      recordType: 'Password',
      fields: {},
      username: 'root',
      reference: null,
      isFavorite: false,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      usedBy: [],
      usedByCount: 0,
      suspended: 0,
      waitingSince: null,
      waitsAt: [],
    });
    expect(await storedSecret(id)).toEqual({ type: 'password', password: '  spaces belong to it ' });
  });

  test('of kind SSH key is kept without its passphrase, as a key that signs', async () => {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'sesame', cipher: 'aes256-ctr', rounds: 2 });
    const input = CreateCredentialInputSchema.parse({
      type: 'ssh_key',
      name: 'deploy',
      username: 'deploy',
      privateKey: pair.private,
      passphrase: 'sesame',
    });
    const secret = await storedSecret(valueIn(await createCredential(ctx, admin, input)).credentialId);
    if (!('privateKey' in secret)) throw new Error('not a key');
    const key = ssh2.utils.parseKey(secret.privateKey);
    expect(!(key instanceof Error) && `${key.type} ${key.getPublicSSH().toString('base64')}`).toBe(pair.public.trim());
    expect(JSON.stringify(secret)).not.toContain('sesame');
  });

  test('that is no key is refused at the field it was typed into, and nothing is kept', async () => {
    const before = await countSecrets();
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'sesame', cipher: 'aes256-ctr', rounds: 2 });
    const key = { type: 'ssh_key', name: 'bad', username: 'x', privateKey: pair.private } as const;
    for (const [input, field] of [
      [key, 'passphrase'],
      [{ ...key, passphrase: 'wrong' }, 'passphrase'],
      [{ ...key, privateKey: pair.public }, 'privateKey'],
      [{ ...key, privateKey: 'garbage' }, 'privateKey'],
    ] as const) {
      const outcome = await createCredential(ctx, admin, CreateCredentialInputSchema.parse(input));
      expect(outcome).toMatchObject({ code: 'invalid_input', params: { field } });
    }
    expect(await countSecrets()).toBe(before);
  });

  test('with a name that is taken is a conflict, and its secret is not left behind', async () => {
    await created(password('Taken'));
    const before = await countSecrets();
    const outcome = await createCredential(ctx, admin, password('taken'));
    expect(outcome).toMatchObject({ code: 'conflict', params: { field: 'name' } });
    expect(!outcome.ok && sentenceOf(outcome)).toContain('"taken" exists already');
    expect(await countSecrets()).toBe(before);
  });

  test.each([
    [{ type: 'password', name: 'n', username: 'u', password: '' }, 'Enter the password.'],
    [{ type: 'password', name: 'n', username: ' ', password: 'p' }, 'Enter the user name at the computer.'],
    [{ type: 'password', name: '', username: 'u', password: 'p' }, 'Enter a name.'],
    [{ type: 'ssh_key', name: 'n', username: 'u', privateKey: '' }, 'Paste the private key.'],
    [{ type: 'ssh_key', name: 'n', username: 'u\nroot', privateKey: 'k' }, 'Enter a user name on one line.'],
    [{ type: 'magic', name: 'n', username: 'u' }, 'Choose a password or an SSH key.'],
  ])('a form with %j is answered in words', (input, says) => {
    const parsed = CreateCredentialInputSchema.safeParse(input);
    expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(says);
  });
});

test('a form with a text that is far too long for a key is answered in words', () => {
  const input = { type: 'ssh_key', name: 'n', username: 'u', privateKey: 'k'.repeat(40_000) };
  expect(CreateCredentialInputSchema.safeParse(input).error?.issues[0]?.message).toContain('too long');
});

describe('changing', () => {
  const change = (input: Record<string, unknown>) =>
    changeCredential(ctx, admin, ChangeCredentialInputSchema.parse({ name: 'n', username: 'root', ...input }));

  test('the name alone keeps the secret', async () => {
    const id = await created(password('Before', 'kept'));
    expect(await change({ credentialId: id, name: 'After', password: '' })).toEqual({
      ok: true,
      value: { secretChanged: false },
    });
    expect(await rowOf(id)).toMatchObject({ name: 'After' });
    expect(await storedSecret(id)).toEqual({ type: 'password', password: 'kept' });
  });

  test('the secret replaces the old one, of which nothing stays', async () => {
    const id = await created(password('Rotated', 'old'));
    const before = await countSecrets();
    expect(valueIn(await change({ credentialId: id, name: 'Rotated', password: 'new' }))).toEqual({
      secretChanged: true,
    });
    expect(await storedSecret(id)).toEqual({ type: 'password', password: 'new' });
    expect(await countSecrets()).toBe(before);
  });

  test('into another kind, or with half a key, is answered at the field', async () => {
    const id = await created(password('Kind'));
    expect(await change({ credentialId: id, privateKey: 'k' })).toMatchObject({ params: { field: 'privateKey' } });
    const { private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519');
    const key = CreateCredentialInputSchema.parse({ type: 'ssh_key', name: 'Key', username: 'u', privateKey });
    const keyId = valueIn(await createCredential(ctx, admin, key)).credentialId;
    expect(await change({ credentialId: keyId, password: 'p' })).toMatchObject({ params: { field: 'password' } });
    expect(await change({ credentialId: keyId, passphrase: 'p' })).toMatchObject({ params: { field: 'privateKey' } });
    expect(await change({ credentialId: keyId, privateKey: 'k' })).toMatchObject({ params: { field: 'privateKey' } });
  });

  test('into a taken name is a conflict and leaves the old secret; an unknown one is not found', async () => {
    await created(password('Occupied'));
    const id = await created(password('Free', 'old'));
    expect(await change({ credentialId: id, name: 'OCCUPIED', password: 'new' })).toMatchObject({ code: 'conflict' });
    expect(await storedSecret(id)).toEqual({ type: 'password', password: 'old' });
    expect(await change({ credentialId: '01900000-0000-7000-8000-000000000000' })).toMatchObject({ code: 'not_found' });
  });
});

describe('deleting', () => {
  test('removes the row, the ciphertext and the wrapped key', async () => {
    const before = await countSecrets();
    const credentialId = await created(password('Gone'));
    valueIn(await deleteCredential(ctx, admin, { credentialId }));
    expect(await rowOf(credentialId)).toBeUndefined();
    expect(await countSecrets()).toBe(before);
    expect(await deleteCredential(ctx, admin, { credentialId })).toMatchObject({ code: 'not_found' });
  });

  test('is refused while computers use it, which are named', async () => {
    const credentialId = await created(password('Needed', 'still there'));
    for (const name of ['beta', 'alpha'])
      await aComputer(database.connection.db, { name, sharedCredentialId: credentialId });
    const outcome = await deleteCredential(ctx, admin, { credentialId });
    expect(outcome).toMatchObject({ code: 'conflict' });
    expect(!outcome.ok && sentenceOf(outcome)).toContain('is used by "alpha", "beta"');
    expect((await rowOf(credentialId))?.usedBy).toEqual(['alpha', 'beta']);
    expect(await storedSecret(credentialId)).toMatchObject({ password: 'still there' });
  });
});

describe('an attacker who reads everything but the keyring', () => {
  /** Every row of every table as text, read as the owner; bytes as what they spell. */
  async function everythingStored(): Promise<string> {
    const owner = connect(database.ownerUrl, { max: 1 });
    try {
      const tables = await owner.sql<{ name: string }[]>`
        select table_schema || '.' || table_name as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
      expect(tables.length).toBeGreaterThan(12);
      const texts: string[] = [];
      for (const { name } of tables) {
        for (const row of await owner.sql`select * from ${owner.sql(name)}`) texts.push(`${name}: ${spelt(row)}`);
      }
      return texts.join('\n');
    } finally {
      await owner.close();
    }
  }

  function spelt(row: Record<string, unknown>): string {
    const values = Object.values(row);
    return values
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : JSON.stringify(value)))
      .join(' ');
  }

  test('finds no secret in any table, audit row, list, refusal or log line', async () => {
    const [first, second, refused] = [1, 2, 3].map(() => randomBytes(24).toString('base64url')) as [
      string,
      string,
      string,
    ];
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: first, cipher: 'aes256-ctr', rounds: 2 });
    const key = { type: 'ssh_key', name: 'Attacked key', username: 'u', privateKey: pair.private } as const;
    const said: unknown[] = [];

    const id = await created(password('Attacked', first));
    said.push(await createCredential(ctx, admin, password('Attacked', refused)));
    said.push(await createCredential(ctx, admin, { ...key, passphrase: first }));
    said.push(await createCredential(ctx, admin, { ...key, name: 'Other', passphrase: refused }));
    const change = { credentialId: id, name: 'Attacked', username: 'root' };
    said.push(await changeCredential(ctx, admin, { ...change, password: second }));
    said.push(await changeCredential(ctx, admin, { ...change, privateKey: refused, passphrase: refused }));
    said.push(await listCredentials(ctx, admin, byName));
    expect(await storedSecret(id)).toMatchObject({ password: second });

    const found = [await everythingStored(), JSON.stringify(said), JSON.stringify(logged)].join('\n');
    expect(found).toContain('Attacked key');
    expect(found).toContain('credential.changed');
    const body = pair.private.split('\n').slice(1, -2).join('').slice(0, 40);
    for (const secret of [first, second, refused]) {
      expect(found).not.toContain(secret);
      expect(found).not.toContain(Buffer.from(secret).toString('hex'));
      expect(found).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
    }
    expect(found).not.toContain(body);
    expect(found).not.toContain('PRIVATE KEY');
  });

  test('and nobody but an administrator may write or list any', async () => {
    for (const role of ['user', 'approver', 'auditor'] as const) {
      const actor = await anActor(database.connection.db, [role]);
      const credentialId = await created(password(`Of nobody, ${role}`, 'mine'));
      const outcomes = [
        await createCredential(ctx, actor, password('theirs')),
        await changeCredential(ctx, actor, { credentialId, name: 'theirs', username: 'x', password: 'y' }),
        await deleteCredential(ctx, actor, { credentialId }),
        await listCredentials(ctx, actor, byName),
      ];
      for (const outcome of outcomes) expect(outcome).toEqual({ ok: false, code: 'forbidden' });
      expect(await storedSecret(credentialId)).toEqual({ type: 'password', password: 'mine' });
    }
  });
});
