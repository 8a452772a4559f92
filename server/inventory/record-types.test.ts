/*
 * Record types say what credentials are: which kind of secret, and which fields beside it. Of a disabled one nothing new is
 * stored and everything that is there goes on. A field goes with its values only when whoever removes it said how many
 * they are, and changes its type only when every value fits. All of it is an administrator's, and in the audit log.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { builtInRecordTypes } from '../../db/schema.ts';
import { anActor } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type CredentialId, newId, type RecordTypeId } from '../ids.ts';
import type { ListQuery } from '../protocol/list-query.ts';
import type { RecordTypeSort } from '../protocol/list-sorts.ts';
import { changeCredential } from './change-credential.ts';
import { createCredential } from './create-credential.ts';
import { ChangeCredentialInputSchema, CreateCredentialInputSchema } from './credential-input.ts';
import { listCredentials } from './list-credentials.ts';
import {
  addRecordField,
  changeRecordField,
  RecordFieldInputSchema,
  RemoveRecordFieldInputSchema,
  removeRecordField,
} from './record-type-fields.ts';
import {
  CreateRecordTypeInputSchema,
  changeRecordType,
  createRecordType,
  getRecordType,
  listRecordForms,
  listRecordTypes,
  setRecordTypeDisabled,
} from './record-types.ts';

let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let admin: Actor;
let typeId: RecordTypeId;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin']);
});
afterAll(() => database.close());

const named = (name: string) => `${name} ${newId().slice(-8)}`;
const query = (change: Partial<ListQuery<RecordTypeSort>> = {}): ListQuery<RecordTypeSort> => ({
  search: '',
  sort: 'name',
  descending: false,
  page: 1,
  ...change,
});

async function aType(kind: 'password' | 'ssh_key' = 'password', name = named('Switch')): Promise<RecordTypeId> {
  const input = CreateRecordTypeInputSchema.parse({ name, kind });
  return valueIn(await createRecordType(ctx, admin, input)).recordTypeId;
}

const field = (given: object) =>
  RecordFieldInputSchema.parse({ recordTypeId: typeId, name: 'Owner', label: 'Owner', type: 'text', ...given });
const add = (given: object = {}) => addRecordField(ctx, admin, field(given));
const changeField = (given: object) => changeRecordField(ctx, admin, field(given));
const fieldsNow = async () => valueIn(await getRecordType(ctx, admin, { recordTypeId: typeId })).fields;

async function stored(fields: Record<string, string> = {}): Promise<CredentialId> {
  const input = { type: 'password', name: named('Credential'), username: 'root', password: 'x', recordTypeId: typeId };
  const parsed = CreateCredentialInputSchema.parse({ ...input, fields });
  return valueIn(await createCredential(ctx, admin, parsed)).credentialId;
}

async function valuesOf(id: CredentialId) {
  const all = { search: '', sort: 'name', descending: false, page: 1 } as const;
  const { rows } = valueIn(await listCredentials(ctx, admin, all));
  return rows.find(({ credentialId }) => credentialId === id)?.fields;
}

beforeEach(async () => {
  typeId = await aType();
});

describe('an installation', () => {
  test('has the two built-in types from the beginning', async () => {
    const { rows } = valueIn(await listRecordTypes(ctx, admin, query({ search: 'account that signs in' })));
    expect(rows.map(({ name, kind, isBuiltIn, disabledAt }) => [name, kind, isBuiltIn, disabledAt])).toEqual([
      ['Password', 'password', true, null],
      ['SSH key', 'ssh_key', true, null],
    ]);
  });

  test('gives every name once, whatever its case, and says so beside the field', async () => {
    const name = named('Taken');
    await aType('password', name);
    const again = CreateRecordTypeInputSchema.parse({ name: name.toUpperCase(), kind: 'ssh_key' });
    expect(await createRecordType(ctx, admin, again)).toMatchObject({ code: 'conflict', params: { field: 'name' } });
    const renamed = { recordTypeId: typeId, name, description: '' };
    expect(await changeRecordType(ctx, admin, renamed)).toMatchObject({ code: 'conflict', params: { field: 'name' } });
  });

  test('counts what uses a type, and sorts by it', async () => {
    await add();
    for (const _ of [1, 2]) await stored();
    const { rows } = valueIn(await listRecordTypes(ctx, admin, query({ sort: 'credentials', descending: true })));
    expect(rows[0]).toMatchObject({ recordTypeId: typeId, fieldCount: 1, credentialCount: 2 });
  });

  test('offers all types with their fields to everybody who keeps credentials', async () => {
    await add({ isRequired: true });
    const user = await anActor(database.connection.db);
    const forms = valueIn(await listRecordForms(ctx, user));
    expect(forms.slice(0, 3).map(({ name }) => name)).toEqual(['AWS Access Keys', 'Password', 'SSH key']);
    expect(forms.find(({ recordTypeId }) => recordTypeId === typeId)?.fields).toEqual([
      { name: 'Owner', label: 'Owner', type: 'text', isRequired: true },
    ]);
  });
});

describe('a disabled type', () => {
  test('takes nothing new; what is there is changed and gets new secrets as before', async () => {
    const id = await stored();
    valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId: typeId, disabled: true }));
    const input = { type: 'password', name: named('New'), username: 'root', password: 'x', recordTypeId: typeId };
    const refused = await createCredential(ctx, admin, CreateCredentialInputSchema.parse(input));
    expect(refused).toMatchObject({ code: 'invalid_input', params: { field: 'recordTypeId' } });
    const change = { credentialId: id, name: named('Changed'), username: 'root', password: 'rotated' };
    const changed = await changeCredential(ctx, admin, ChangeCredentialInputSchema.parse(change));
    expect(changed).toEqual({ ok: true, value: { secretChanged: true } });
    valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId: typeId, disabled: false }));
    await stored();
  });

  test('may be a built-in one; a type of another kind is no type for a credential', async () => {
    const recordTypeId = builtInRecordTypes.ssh_key;
    const input = { type: 'password', name: named('Odd'), username: 'root', password: 'x', recordTypeId };
    const refused = await createCredential(ctx, admin, CreateCredentialInputSchema.parse(input));
    expect(refused).toMatchObject({ params: { field: 'recordTypeId' } });
    valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId, disabled: true }));
    const { rows } = valueIn(await listRecordTypes(ctx, admin, query({ search: 'SSH key' })));
    expect(rows[0]?.disabledAt).toBeInstanceOf(Date);
    valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId, disabled: false }));
  });
});

describe('fields', () => {
  test('are kept in the order in which they were added, each name once whatever its case', async () => {
    for (const name of ['Zone', 'AllowedHosts', 'Model']) valueIn(await add({ name }));
    expect((await fieldsNow()).map(({ name }) => name)).toEqual(['Zone', 'AllowedHosts', 'Model']);
    expect(await add({ name: 'allowedhosts' })).toMatchObject({ params: { field: 'name' } });
  });

  test.each(['', '1st', 'with space', 'ümlaut', '_x', '__proto__', 'x'.repeat(64)])('are not called %j', (name) => {
    const given = { recordTypeId: typeId, name, label: 'L', type: 'text' };
    expect(RecordFieldInputSchema.safeParse(given).error?.issues[0]?.path).toEqual(['name']);
  });

  test('are checked by their types when a credential is stored and when it is changed', async () => {
    valueIn(await add({ name: 'Port', type: 'number' }));
    valueIn(await add({ name: 'Owner', isRequired: true }));
    const id = await stored({ Port: '22', Owner: 'Ada' });
    expect(await valuesOf(id)).toEqual({ Port: 22, Owner: 'Ada' });
    const change = (fields: Record<string, string>) =>
      changeCredential(
        ctx,
        admin,
        ChangeCredentialInputSchema.parse({ credentialId: id, name: named('C'), username: 'root', fields }),
      );
    expect(await change({ Port: 'ssh', Owner: 'Ada' })).toMatchObject({ params: { field: 'fields.Port' } });
    expect(await change({ Port: '22' })).toMatchObject({ params: { field: 'fields.Owner' } });
    valueIn(await change({ Port: '', Owner: 'Bob' }));
    expect(await valuesOf(id)).toEqual({ Owner: 'Bob' });
  });

  test('change their type only when every value fits, and then the values with them', async () => {
    valueIn(await add({ name: 'Size' }));
    const [one, two] = [await stored({ Size: '4' }), await stored({ Size: 'four' })];
    expect(await changeField({ name: 'Size', type: 'number' })).toMatchObject({
      params: { field: 'type', problem: expect.stringContaining('1 credential has a value') },
    });
    expect(await valuesOf(one)).toEqual({ Size: '4' });
    const mended = { credentialId: two, name: named('Two'), username: 'root', fields: { Size: '40' } };
    valueIn(await changeCredential(ctx, admin, ChangeCredentialInputSchema.parse(mended)));
    valueIn(await changeField({ name: 'Size', type: 'number', label: 'Size in U' }));
    expect([await valuesOf(one), await valuesOf(two)]).toEqual([{ Size: 4 }, { Size: 40 }]);
    expect(await fieldsNow()).toEqual([
      { name: 'Size', label: 'Size in U', type: 'number', isRequired: false, values: 2 },
    ]);
  });

  test('go with their values only for whoever said how many those are', async () => {
    valueIn(await add());
    valueIn(await add({ name: 'Kept' }));
    const id = await stored({ Owner: 'Ada', Kept: 'yes' });
    const remove = (values: number) =>
      removeRecordField(
        ctx,
        admin,
        RemoveRecordFieldInputSchema.parse({ recordTypeId: typeId, name: 'Owner', values }),
      );
    expect(await remove(0)).toMatchObject({
      code: 'conflict',
      params: { problem: expect.stringContaining('1 credential has a value in this field by now') },
    });
    expect(await valuesOf(id)).toEqual({ Owner: 'Ada', Kept: 'yes' });
    valueIn(await remove(1));
    expect(await valuesOf(id)).toEqual({ Kept: 'yes' });
    expect((await fieldsNow()).map(({ name }) => name)).toEqual(['Kept']);
    expect(await remove(0)).toMatchObject({ code: 'not_found' });
  });

  test('of a credential that is stored at the same moment are not lost between the two', async () => {
    valueIn(await add());
    const removing = removeRecordField(ctx, admin, { recordTypeId: typeId, name: 'Owner', values: 0 });
    const storing = Promise.all([1, 2, 3].map(() => stored({ Owner: 'Ada' }).catch(() => undefined)));
    await Promise.all([removing, storing]);
    const present = (await fieldsNow()).some(({ name }) => name === 'Owner');
    const ids = (await storing).filter((id) => id !== undefined);
    for (const id of ids) expect(await valuesOf(id)).toEqual(present ? { Owner: 'Ada' } : {});
  });

  test('are at most forty', async () => {
    for (let index = 0; index < 40; index += 1) valueIn(await add({ name: `F${index}` }));
    expect(await add({ name: 'F40' })).toMatchObject({ params: { field: 'name' } });
  });
});

test('the audit log has each act by the name of the type, and no value', async () => {
  const name = named('Logged');
  typeId = await aType('password', name);
  valueIn(await changeRecordType(ctx, admin, { recordTypeId: typeId, name, description: 'what it is' }));
  valueIn(await add());
  await stored({ Owner: 'Ada Lovelace' });
  valueIn(await changeField({ label: 'Who has it' }));
  valueIn(await removeRecordField(ctx, admin, { recordTypeId: typeId, name: 'Owner', values: 1 }));
  valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId: typeId, disabled: true }));
  valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId: typeId, disabled: true }));
  const rows = await database.connection.sql<{ kind: string; subject: Record<string, unknown> }[]>`
    select kind, subject from audit_events where subject->>'recordTypeId' = ${typeId} order by seq`;
  const of = { recordTypeId: typeId, name };
  expect(rows.map(({ kind, subject }) => [kind, subject])).toEqual([
    ['record_type.created', { ...of, kind: 'password' }],
    ['record_type.changed', { ...of, fields: ['description'] }],
    ['record_type.field_added', { ...of, field: 'Owner', type: 'text' }],
    ['record_type.field_changed', { ...of, field: 'Owner', fields: ['label'] }],
    ['record_type.field_removed', { ...of, field: 'Owner', values: 1 }],
    ['record_type.disabled', of],
  ]);
  expect(JSON.stringify(rows)).not.toContain('Lovelace');
});

test('nobody but an administrator changes or lists any', async () => {
  for (const role of ['user', 'approver', 'auditor'] as const) {
    const actor = await anActor(database.connection.db, [role]);
    const input = CreateRecordTypeInputSchema.parse({ name: named('Theirs'), kind: 'password' });
    for (const outcome of [
      await createRecordType(ctx, actor, input),
      await changeRecordType(ctx, actor, { recordTypeId: typeId, name: 'x', description: '' }),
      await setRecordTypeDisabled(ctx, actor, { recordTypeId: typeId, disabled: true }),
      await addRecordField(ctx, actor, field({})),
      await changeRecordField(ctx, actor, field({})),
      await removeRecordField(ctx, actor, { recordTypeId: typeId, name: 'Owner', values: 0 }),
      await listRecordTypes(ctx, actor, query()),
      await getRecordType(ctx, actor, { recordTypeId: typeId }),
    ]) {
      expect(outcome).toEqual({ ok: false, code: 'forbidden' });
    }
  }
});
