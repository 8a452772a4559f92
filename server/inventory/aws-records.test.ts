/*
 * The keys of an AWS account go in and never come out: not in a list, not in a refusal, not in the audit log. They go
 * where their calls go and nowhere else: whoever sends them to an endpoint of their own enters them anew, whoever enters
 * new ones has seen where that is, and no record borrows those of an endpoint. A record of AWS is a computer's credential
 * nowhere. Who may use one is said by grants.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCredential } from '../../db/queries/credentials.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { builtInRecordTypes } from '../../db/schema.ts';
import { aComputer, aGroup, anActor, aPolicy } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { TargetRules } from '../decide/target.ts';
import { type Outcome, sentenceOf } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { openAwsKeys } from '../vault/aws-keys.ts';
import {
  ChangeAwsRecordInputSchema,
  CreateAwsRecordInputSchema,
  SetAwsEndpointInputSchema,
} from './aws-record-input.ts';
import {
  changeAwsRecord,
  createAwsRecord,
  findAwsRecordGrantChoices,
  listAwsRecords,
  listMyAwsRecords,
  setAwsRecordDisabled,
} from './aws-records.ts';
import { changeCredential } from './change-credential.ts';
import { addComputerCredential } from './computer-credentials.ts';
import { CreateComputerInputSchema, createComputer } from './create-computer.ts';
import { findCredentialChoices, findReferenceChoices } from './credential-choices.ts';
import { ChangeCredentialInputSchema, CreateCredentialInputSchema } from './credential-input.ts';
import { deleteCredential } from './delete-credential.ts';
import { CreateGrantInputSchema, createGrant, listGrants, revokeGrant } from './grants.ts';
import { checkImport } from './import-computers.ts';
import { listCredentials } from './list-credentials.ts';
import { setRecordTypeDisabled } from './record-types.ts';
import { setAwsEndpoint } from './set-aws-endpoint.ts';

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const other = 'another/secret+of/forty+characters/000000';
const rules: TargetRules = { allowTargets: ['127.0.0.1:9000'], ownPorts: [3000] };
let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let admin: Actor;
let user: Actor;
let named = 0;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
  user = await anActor(database.connection.db);
  await switchType(false);
});

afterAll(() => database.close());

const switchType = async (disabled: boolean) =>
  valueIn(await setRecordTypeDisabled(ctx, admin, { recordTypeId: builtInRecordTypes.aws_access_key, disabled }));

function input(given: Record<string, unknown> = {}) {
  named += 1;
  const keys = given.referenceId ? {} : { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };
  return CreateAwsRecordInputSchema.parse({ name: `record ${named}`, ...keys, ...given });
}

const created = async (given: Record<string, unknown> = {}) => valueIn(await createAwsRecord(ctx, admin, input(given)));

const change = (credentialId: CredentialId, given: Record<string, unknown>) =>
  changeAwsRecord(ctx, admin, ChangeAwsRecordInputSchema.parse({ credentialId, name: 'changed', ...given }));

const keysAgain = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };
const endpoint = (credentialId: CredentialId, endpointUrl: string, given: Record<string, unknown> = {}) =>
  setAwsEndpoint(
    ctx,
    admin,
    SetAwsEndpointInputSchema.parse({ credentialId, endpointUrl, ...keysAgain, ...given }),
    rules,
  );

async function rowOf(id: CredentialId) {
  const { rows } = valueIn(await listAwsRecords(ctx, admin, listOf('name')));
  return rows.find(({ credentialId }) => credentialId === id);
}

async function keysOf(id: CredentialId) {
  const { db } = database.connection;
  const credential = await findCredential(db, null, id);
  const sealed = await findSecret(db, credential?.secretId ?? null);
  const opened = sealed && openAwsKeys(ctx.keyring, id, sealed);
  return opened?.ok ? opened.keys : opened;
}

async function evidenceOf(id: string) {
  const rows = await database.connection.sql<{ kind: string; subject: object }[]>`
    select kind, subject from audit_events where subject::text like ${`%${id}%`} order by writer_id, seq`;
  return rows.map(({ kind, subject }) => [kind, subject]);
}

const fieldOf = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.params?.field);

describe('a record', () => {
  test('is listed by everything but its keys, which the vault alone opens', async () => {
    const { credentialId, number } = await created({
      name: 'prod',
      description: 'data team',
      regions: 'eu-central-1, us-east-1 eu-central-1',
      services: ['s3', 'DynamoDB'],
      tags: 'team=data, stage = prod',
      sessionToken: 'FwoGZXIvYXdzEXAMPLE',
    });
    const row = await rowOf(credentialId);
    expect(row).toMatchObject({
      number,
      name: 'prod',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      partition: 'aws',
      regions: ['eu-central-1', 'us-east-1'],
      services: ['s3', 'dynamodb'],
      tags: { team: 'data', stage: 'prod' },
      allowCustomerNames: false,
      endpointUrl: null,
      reference: null,
      checkedAt: null,
      isTypeDisabled: false,
      grants: 0,
    });
    expect(JSON.stringify(row)).not.toContain(secretAccessKey);
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey, sessionToken: 'FwoGZXIvYXdzEXAMPLE' });
    const evidence = await evidenceOf(credentialId);
    expect(evidence.map(([kind]) => kind)).toEqual(['aws_record.created']);
    expect(JSON.stringify(evidence)).not.toContain(secretAccessKey);
  });

  test.each([
    ['accessKeyId', { accessKeyId: 'AKIA KEY' }],
    ['accessKeyId', { accessKeyId: '' }],
    ['secretAccessKey', { secretAccessKey: '' }],
    ['secretAccessKey', { secretAccessKey: 'two\nlines of it' }],
    ['regions', { regions: 'europe' }],
    ['services', { services: 's3/..' }],
    ['tags', { tags: 'team' }],
    ['tags', { tags: 'team=' }],
    ['partition', { partition: 'aws-moon' }],
    ['referenceId', { referenceId: builtInRecordTypes.password, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }],
  ])('is refused at the field %s', (field, given) => {
    const base = { name: 'bad', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };
    const read = CreateAwsRecordInputSchema.safeParse({ ...base, ...given });
    expect(read.error?.issues[0]?.path[0]).toBe(field);
  });

  test('is entered and seen by administrators alone, and under a name of its own', async () => {
    expect(await createAwsRecord(ctx, user, input())).toMatchObject({ code: 'forbidden' });
    expect(await listAwsRecords(ctx, user, listOf('name'))).toMatchObject({ code: 'forbidden' });
    expect(await findAwsRecordGrantChoices(ctx, user, { search: '' })).toMatchObject({ code: 'forbidden' });
    await created({ name: 'Taken' });
    expect(fieldOf(await createAwsRecord(ctx, admin, input({ name: 'taken' })))).toBe('name');
  });

  test('is not stored while its record type is switched off', async () => {
    await switchType(true);
    const refused = await createAwsRecord(ctx, admin, input());
    await switchType(false);
    expect(fieldOf(refused)).toBe('recordTypeId');
  });
});

describe('a change', () => {
  test('keeps the keys where none are entered, and says what is another', async () => {
    const { credentialId } = await created({ name: 'kept' });
    valueIn(await change(credentialId, { name: 'kept on', regions: 'us-east-1', tags: { a: 'b' } }));
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey });
    const subject = { credentialId, fields: ['name', 'regions', 'tags'] };
    expect((await evidenceOf(credentialId)).at(-1)).toEqual(['aws_record.changed', subject]);
    const before = await evidenceOf(credentialId);
    valueIn(await change(credentialId, { name: 'kept on', regions: ['us-east-1'], tags: 'a=b' }));
    expect(await evidenceOf(credentialId)).toEqual(before);
  });

  test('of the keys takes both of them, destroys the old, and what was found out about those', async () => {
    const { credentialId } = await created();
    expect(fieldOf(await change(credentialId, { accessKeyId: 'AKIAOTHER0000EXAMPLE' }))).toBe('secretAccessKey');
    const { db, sql } = database.connection;
    const old = (await findCredential(db, null, credentialId))?.secretId;
    await sql`update aws_records set checked_arn = 'arn', checked_at = now() where credential_id = ${credentialId}`;
    const keys = { accessKeyId: 'AKIAOTHER0000EXAMPLE', secretAccessKey: other };
    expect(valueIn(await change(credentialId, { name: 'rotated', ...keys }))).toEqual({ keysChanged: true });
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey: other });
    expect(await findSecret(db, old ?? null)).toBeUndefined();
    expect(await rowOf(credentialId)).toMatchObject({ accessKeyId: 'AKIAOTHER0000EXAMPLE', checkedArn: null });
  });

  test('with keys is refused to whoever did not see that they go elsewhere by now', async () => {
    const { credentialId } = await created();
    valueIn(await endpoint(credentialId, 'https://s3.example.org'));
    const keys = { ...keysAgain, secretAccessKey: other };
    expect(await change(credentialId, { name: 'unseen', ...keys })).toMatchObject({ code: 'conflict' });
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey });
    const seen = { seenEndpointUrl: 'https://s3.example.org' };
    valueIn(await change(credentialId, { name: 'seen', ...keys, ...seen }));
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey: other });
  });

  test('that switches it off says so once', async () => {
    const { credentialId } = await created();
    for (const disabled of [true, true, false])
      valueIn(await setAwsRecordDisabled(ctx, admin, { credentialId, disabled }));
    const kinds = (await evidenceOf(credentialId)).map(([kind]) => kind);
    expect(kinds).toEqual(['aws_record.created', 'aws_record.disabled', 'aws_record.enabled']);
    expect(await setAwsRecordDisabled(ctx, user, { credentialId, disabled: true })).toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('a record that uses the keys of another', () => {
  test('has its access key id, also after they were changed, and no keys of its own', async () => {
    const lender = await created();
    const { credentialId } = await created({ referenceId: lender.credentialId });
    expect(await keysOf(credentialId)).toBeUndefined();
    expect(fieldOf(await change(credentialId, { ...keysAgain, name: 'x' }))).toBe('secretAccessKey');
    const keys = { accessKeyId: 'AKIAROTATED0EXAMPLE', secretAccessKey: other };
    valueIn(await change(lender.credentialId, { name: 'lender', ...keys }));
    expect(await rowOf(credentialId)).toMatchObject({
      accessKeyId: 'AKIAROTATED0EXAMPLE',
      reference: { credentialId: lender.credentialId, name: 'lender' },
    });
  });

  test('takes no keys to or from an endpoint', async () => {
    const lender = await created();
    const borrower = await created({ referenceId: lender.credentialId });
    expect(fieldOf(await endpoint(borrower.credentialId, 'https://evil.example.org'))).toBe('endpointUrl');
    expect(fieldOf(await endpoint(lender.credentialId, 'https://evil.example.org'))).toBe('endpointUrl');
    const own = await created();
    valueIn(await endpoint(own.credentialId, 'https://minio.example.org'));
    expect(fieldOf(await createAwsRecord(ctx, admin, input({ referenceId: own.credentialId })))).toBe('referenceId');
    const offered = { search: '', type: 'aws_access_key', except: null } as const;
    const choices = valueIn(await findReferenceChoices(ctx, admin, offered)).map(({ value }) => value);
    expect(choices).toContain(lender.credentialId);
    expect(choices).not.toContain(own.credentialId);
    expect(choices).not.toContain(borrower.credentialId);
  });
});

describe('an endpoint', () => {
  test('is set with keys that replace the sealed ones, and left with keys again', async () => {
    const { credentialId } = await created();
    valueIn(
      await endpoint(credentialId, 'HTTPS://MinIO.example.org:9000/', {
        secretAccessKey: other,
        endpointHost: 'path_style',
      }),
    );
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey: other });
    const at = { endpointUrl: 'https://minio.example.org:9000', endpointHost: 'path_style' };
    expect(await rowOf(credentialId)).toMatchObject(at);
    const to = { credentialId, from: null, to: at.endpointUrl };
    expect((await evidenceOf(credentialId)).at(-1)).toEqual(['aws_record.endpoint_changed', to]);
    valueIn(await endpoint(credentialId, ''));
    expect(await rowOf(credentialId)).toMatchObject({ endpointUrl: null, endpointHost: 'kept' });
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey });
  });

  test('is never set without keys, and by administrators alone', async () => {
    const { credentialId } = await created();
    const without = { credentialId, endpointUrl: 'https://evil.example.org' };
    expect(SetAwsEndpointInputSchema.safeParse(without).success).toBe(false);
    const whole = SetAwsEndpointInputSchema.parse({ ...without, ...keysAgain });
    expect(await setAwsEndpoint(ctx, user, whole, rules)).toMatchObject({ code: 'forbidden' });
    expect((await rowOf(credentialId))?.endpointUrl).toBeNull();
  });

  test.each([
    'minio.example.org',
    'ftp://minio.example.org',
    'https://user:pass@minio.example.org',
    'https://minio.example.org/path',
    'https://minio.example.org?x',
    'https://minio.example.org#',
    'http://minio.example.org',
    'http://10.0.0.7:9000',
    'http://127.0.0.1:9001',
    'http://localhost:9001',
    'https://127.0.0.1:3000',
    'https://169.254.169.254',
    'http://169.254.169.254',
    'https://[fe80::1]',
    'https://[::ffff:169.254.169.254]',
    'https://0.0.0.0',
    'https://0xa9fea9fe',
    'https://224.0.0.1',
    'javascript:alert(1)',
  ])('may not be %s', async (url) => {
    const { credentialId } = await created();
    const listed = { allowTargets: ['127.0.0.1:9000', '169.254.0.0/16', 'fe80::/10'], ownPorts: [3000] };
    const wanted = SetAwsEndpointInputSchema.parse({ credentialId, endpointUrl: url, ...keysAgain });
    expect(fieldOf(await setAwsEndpoint(ctx, admin, wanted, listed))).toBe('endpointUrl');
  });

  test.each([
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000'],
    ['https://10.0.0.7:9000', 'https://10.0.0.7:9000'],
    ['https://[2001:db8::7]:9000/', 'https://[2001:db8::7]:9000'],
    ['https://minio.example.org', 'https://minio.example.org'],
  ])('may be %s', async (url, origin) => {
    const { credentialId } = await created();
    valueIn(await endpoint(credentialId, url));
    expect((await rowOf(credentialId))?.endpointUrl).toBe(origin);
  });

  test('has a certificate that is one, and no key beside it', async () => {
    const { credentialId } = await created();
    const folder = mkdtempSync(join(tmpdir(), 'aws-endpoint-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-subj',
      '/CN=ca',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', ['req', '-x509', '-nodes', ...made], { stdio: 'ignore' });
    const pem = readFileSync(cert, 'utf8');
    const keyPem = readFileSync(key, 'utf8');
    rmSync(folder, { recursive: true });
    const with_ = (endpointCaPem: string, url = 'https://minio.example.org') =>
      endpoint(credentialId, url, { endpointCaPem });
    expect(fieldOf(await with_('nonsense'))).toBe('endpointCaPem');
    expect(fieldOf(await with_(pem.replace(/[A-Z]{4}/, '!!!!')))).toBe('endpointCaPem');
    expect(fieldOf(await with_(pem + keyPem))).toBe('endpointCaPem');
    expect(fieldOf(await with_(pem, 'http://127.0.0.1:9000'))).toBe('endpointCaPem');
    valueIn(await with_(`some words\n${pem}`));
    expect((await rowOf(credentialId))?.endpointCaPem).toBe(pem);
  });
});

describe('where computers and their credentials are', () => {
  test('a record of AWS is offered nowhere, and refused where it is named', async () => {
    const { credentialId } = await created({ name: 'aws of everything' });
    const { rows } = valueIn(await listCredentials(ctx, admin, listOf('name', { search: 'aws of everything' })));
    expect(rows).toEqual([]);
    expect(valueIn(await findCredentialChoices(ctx, admin, { search: 'aws of everything' }))).toEqual([]);
    const computer = { name: 'mine', mode: 'SSH', server: '192.0.2.9', port: 22, sharedCredentialId: credentialId };
    expect(await createComputer(ctx, admin, CreateComputerInputSchema.parse(computer))).toMatchObject({ ok: false });
    const { id: computerId } = await aComputer(database.connection.db);
    const further = { computerId, credentialId, accessLevelId: null };
    expect(await addComputerCredential(ctx, admin, further)).toMatchObject({ ok: false });
    const renamed = { credentialId, name: 'x', username: 'root', privateKey: 'x' };
    const changed = await changeCredential(ctx, admin, ChangeCredentialInputSchema.parse(renamed));
    expect(changed).toMatchObject({ code: 'not_found' });
    const personal = { type: 'aws_access_key', name: 'mine', username: 'x', password: 'x' };
    expect(CreateCredentialInputSchema.safeParse(personal).success).toBe(false);
  });

  test('a list of computers that names one is refused', async () => {
    const { credentialId } = await created({ name: 'named in a list' });
    const csv = 'name,mode,server,port,credential\nimported,SSH,192.0.2.10,22,named in a list\n';
    const checked = await checkImport(ctx, admin, { text: csv });
    expect(JSON.stringify(checked)).toContain('There is no shared credential called');
    expect(await keysOf(credentialId)).toEqual({ secretAccessKey });
  });
});

describe('a grant on a record', () => {
  const granted = async (given: Record<string, unknown>) => {
    const { id: policyId } = await aPolicy(database.connection.db);
    return createGrant(ctx, admin, CreateGrantInputSchema.parse({ policyId, ...given }));
  };
  const mine = async (actor = user) => valueIn(await listMyAwsRecords(ctx, actor)).map((row) => row.credentialId);

  test('lets its person use it, until it is taken back; both stay as evidence, and so does the record', async () => {
    const { credentialId, number } = await created({ name: 'granted' });
    expect(await mine()).not.toContain(credentialId);
    const { grantId } = valueIn(await granted({ credentialId, personId: user.person.id }));
    expect(await mine()).toContain(credentialId);
    const { rows } = valueIn(await listGrants(ctx, admin, listOf('computer', { search: 'granted' })));
    expect(rows[0]).toMatchObject({
      computer: null,
      record: { credentialId, name: 'granted', number },
      accessLevel: null,
    });
    const [, subject] = (await evidenceOf(grantId)).at(-1) ?? [];
    expect(subject).toMatchObject({ computerId: null, credentialId, accessLevelId: null });
    expect((await rowOf(credentialId))?.grants).toBe(1);
    valueIn(await revokeGrant(ctx, admin, { grantId }));
    expect(await mine()).not.toContain(credentialId);
    const deleted = await deleteCredential(ctx, admin, { credentialId });
    expect(deleted.ok ? '' : sentenceOf(deleted)).toContain('Switch it off instead');
  });

  test('reaches through a group, in its time, and not what is switched off', async () => {
    const { credentialId } = await created();
    const member = await anActor(database.connection.db);
    const { id: groupId } = await aGroup(database.connection.db, [member.person]);
    const hour = 3_600_000;
    const now = ctx.clock.now().getTime();
    const startsAt = new Date(now + hour);
    const endsAt = new Date(now + 2 * hour);
    valueIn(await granted({ credentialId, groupId, startsAt, endsAt }));
    expect(await mine(member)).toEqual([]);
    ctx.clock.advance(hour);
    expect(await mine(member)).toEqual([credentialId]);
    valueIn(await setAwsRecordDisabled(ctx, admin, { credentialId, disabled: true }));
    expect(await mine(member)).toEqual([]);
    valueIn(await setAwsRecordDisabled(ctx, admin, { credentialId, disabled: false }));
    await switchType(true);
    expect(await mine(member)).toEqual([]);
    await switchType(false);
    ctx.clock.advance(hour);
    expect(await mine(member)).toEqual([]);
  });

  test('is on one thing, of the standard level, and on a record that is one', async () => {
    const { credentialId } = await created();
    const { db } = database.connection;
    const computer = await aComputer(db);
    const whom = { personId: user.person.id, policyId: (await aPolicy(db)).id };
    const read = (given: object) => CreateGrantInputSchema.safeParse({ ...whom, ...given }).error?.issues[0]?.path[0];
    expect(read({})).toBe('computerId');
    expect(read({ credentialId, computerId: computer.id })).toBe('computerId');
    expect(read({ credentialId, accessLevelId: whom.policyId })).toBe('accessLevelId');
    expect(fieldOf(await granted({ credentialId: computer.sharedCredentialId, personId: user.person.id }))).toBe(
      'credentialId',
    );
  });
});

test('a record that nobody was granted can be deleted, with its keys', async () => {
  const { credentialId } = await created();
  const secretId = (await findCredential(database.connection.db, null, credentialId))?.secretId ?? null;
  valueIn(await deleteCredential(ctx, admin, { credentialId }));
  expect(await rowOf(credentialId)).toBeUndefined();
  expect(await findSecret(database.connection.db, secretId)).toBeUndefined();
});
