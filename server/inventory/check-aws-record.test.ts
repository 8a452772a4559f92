/*
 * A check takes the keys of a record out once, for an administrator, asks whose they are, and keeps what was answered,
 * unless other keys were entered meanwhile. That it was done stands in the audit log before anything was asked, and
 * nothing of the keys does.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAwsRecord } from '../../db/queries/aws-records.ts';
import { anActor, anAwsRecord } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { ChangeAwsRecordInputSchema } from './aws-record-input.ts';
import { changeAwsRecord } from './aws-records.ts';
import { type AskWhoseKeys, checkAwsRecord, type KeysToAskOf } from './check-aws-record.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;
const arn = 'arn:aws:iam::123456789012:user/gateway';
const works: AskWhoseKeys = async () => ({ ok: true, account: '123456789012', arn });

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

const aRecord = async (given: Parameters<typeof anAwsRecord>[2] = {}) => {
  const { credential, keys } = await anAwsRecord(database.connection.db, ctx.keyring, given);
  return { credentialId: credential.id, accessKeyId: credential.username, keys };
};

const kinds = async (id: string) => {
  const rows = await database.connection.sql<{ kind: string; subject: unknown }[]>`
    select kind, subject from audit_events where subject ->> 'credentialId' = ${id} order by writer_id, seq`;
  return rows.map(({ kind, subject }) => [kind, subject]);
};

test('asks with the keys, and keeps whose they are', async () => {
  const { credentialId, accessKeyId, keys } = await aRecord({
    keys: { secretAccessKey: 's'.repeat(40), sessionToken: 't' },
  });
  const asked: KeysToAskOf[] = [];
  const before: unknown[] = [];
  const ask: AskWhoseKeys = async (given) => {
    asked.push(given);
    before.push(...(await kinds(credentialId)));
    return works(given);
  };
  expect(valueIn(await checkAwsRecord(ctx, admin, { credentialId }, ask))).toEqual({
    works: true,
    account: '123456789012',
    arn,
  });
  expect(asked).toMatchObject([{ key: { accessKeyId, ...keys }, record: { partition: 'aws', endpointUrl: null } }]);
  expect(before).toEqual([['aws_record.check_begun', { credentialId }]]);
  expect((await kinds(credentialId)).at(-1)).toEqual(['aws_record.checked', { credentialId, result: arn }]);
  const row = await findAwsRecord(database.connection.db, credentialId);
  expect(row).toMatchObject({ checkedArn: arn, checkedAt: ctx.clock.now(), checkProblem: null });
  expect(JSON.stringify(await kinds(credentialId))).not.toContain(keys.secretAccessKey);
});

test.each([
  ['InvalidClientTokenId', 'AWS does not know this access key id'],
  ['private_address', 'may not be dialled'],
  ['Throttling', 'The answer was Throttling.'],
])('says %s in words, and keeps them', async (problem, words) => {
  const { credentialId } = await aRecord({ checkedArn: arn });
  const check = valueIn(await checkAwsRecord(ctx, admin, { credentialId }, async () => ({ ok: false, problem })));
  expect(check).toMatchObject({ works: false, problem: expect.stringContaining(words) });
  const row = await findAwsRecord(database.connection.db, credentialId);
  expect(row).toMatchObject({ checkedArn: null, checkProblem: expect.stringContaining(words) });
});

test('says nothing of keys that were entered meanwhile', async () => {
  const { credentialId } = await aRecord();
  const meanwhile: AskWhoseKeys = async (given) => {
    const keys = { accessKeyId: 'AKIAOTHER0000EXAMPLE', secretAccessKey: 'o'.repeat(40) };
    const input = ChangeAwsRecordInputSchema.parse({ credentialId, name: `other ${credentialId}`, ...keys });
    valueIn(await changeAwsRecord(ctx, admin, input));
    return works(given);
  };
  expect(valueIn(await checkAwsRecord(ctx, admin, { credentialId }, meanwhile)).works).toBe(true);
  expect((await findAwsRecord(database.connection.db, credentialId))?.checkedArn).toBeNull();
});

test('is for administrators, for records that are there, and not without end', async () => {
  const { credentialId } = await aRecord();
  const user = await anActor(database.connection.db);
  const never: AskWhoseKeys = () => Promise.reject(new Error('It was asked.'));
  expect(await checkAwsRecord(ctx, user, { credentialId }, never)).toMatchObject({ code: 'forbidden' });
  const unknown = '01900000-0000-7000-8000-000000000000' as typeof credentialId;
  expect(await checkAwsRecord(ctx, admin, { credentialId: unknown }, never)).toMatchObject({ code: 'not_found' });
  const codes = new Set<string>();
  for (let attempt = 0; attempt < 30; attempt++) {
    const outcome = await checkAwsRecord(ctx, admin, { credentialId }, works);
    codes.add(outcome.ok ? 'ok' : outcome.code);
  }
  expect([...codes]).toEqual(['ok', 'too_many_attempts']);
});
