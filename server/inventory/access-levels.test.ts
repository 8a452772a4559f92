/*
 * Access levels are names for other rights at a computer than the standard ones. Administrators keep them; each has a
 * name of its own, none can be taken for the standard level, and one that was ever granted, or that a computer needs,
 * stays.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../db/notify.ts';
import { computerCredentials } from '../../db/schema.ts';
import { aComputer, aCredential, aGrant, anAccessLevel, anActor } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { AccessLevelId } from '../ids.ts';
import {
  ChangeAccessLevelInputSchema,
  CreateAccessLevelInputSchema,
  changeAccessLevel,
  createAccessLevel,
  deleteAccessLevel,
  listAccessLevels,
} from './access-levels.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

const unknown = '01900000-0000-7000-8000-000000000000' as AccessLevelId;
const add = async (name: string, description = '') =>
  createAccessLevel(ctx, admin, CreateAccessLevelInputSchema.parse({ name, description }));
const change = (given: object) => changeAccessLevel(ctx, admin, ChangeAccessLevelInputSchema.parse(given));
const listed = async (search = '', sort: 'name' | 'uses' = 'name') =>
  valueIn(await listAccessLevels(ctx, admin, listOf(sort, { search }))).rows;

async function evidenceOf(accessLevelId: string) {
  const rows = await database.connection.sql<{ kind: string; subject: object }[]>`
    select kind, subject from audit_events where subject ->> 'accessLevelId' = ${accessLevelId} order by seq`;
  return rows.map(({ kind, subject }) => [kind, subject]);
}

test('whoever is not an administrator is refused everything', async () => {
  const { db } = database.connection;
  const actor = await anActor(db, ['user', 'approver', 'auditor']);
  const { id: accessLevelId } = await anAccessLevel(db, { name: 'Guarded' });
  const outcomes = [
    await createAccessLevel(ctx, actor, { name: 'Mine', description: '' }),
    await changeAccessLevel(ctx, actor, { accessLevelId, name: 'Mine', description: '' }),
    await deleteAccessLevel(ctx, actor, { accessLevelId }),
    await listAccessLevels(ctx, actor, listOf('name')),
  ];
  for (const outcome of outcomes) expect(outcome).toEqual({ ok: false, code: 'forbidden' });
  expect((await listed('guarded')).map(({ name }) => name)).toEqual(['Guarded']);
});

describe('a level', () => {
  test('is made, changed and deleted, with evidence of each that changed something', async () => {
    const { accessLevelId } = valueIn(await add('  Operator ', 'Restarts services.'));
    expect(await listed('operator')).toEqual([
      { accessLevelId, name: 'Operator', description: 'Restarts services.', grants: 0, credentials: 0 },
    ]);
    const renamed = { accessLevelId, name: 'Operators', description: 'Restarts services.' };
    for (let again = 0; again < 2; again++) valueIn(await change(renamed));
    valueIn(await deleteAccessLevel(ctx, admin, { accessLevelId }));
    expect(await listed('operator')).toEqual([]);
    expect(await evidenceOf(accessLevelId)).toEqual([
      ['access_level.created', { accessLevelId, name: 'Operator' }],
      ['access_level.changed', { accessLevelId, name: 'Operators', fields: ['name'] }],
      ['access_level.deleted', { accessLevelId, name: 'Operators' }],
    ]);
  });

  test('changed, tells whoever shows what access is called', async () => {
    const { accessLevelId } = valueIn(await add('Heard'));
    let tell: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const listener = await listen(database.connection.sql, 'access_changed', tell, () => undefined);
    valueIn(await change({ accessLevelId, name: 'Heard of', description: '' }));
    await heard;
    await listener.stop();
  });

  test('has a name of its own, new or renamed', async () => {
    valueIn(await add('Root'));
    const { accessLevelId } = valueIn(await add('Backup'));
    const taken = { ok: false, code: 'conflict', params: { field: 'name' } };
    expect(await add('ROOT')).toMatchObject(taken);
    expect(await change({ accessLevelId, name: 'rOOt', description: '' })).toMatchObject(taken);
    expect((await listed('backup')).map(({ name }) => name)).toEqual(['Backup']);
  });

  test.each(['standard', ' STANDARD ', '', 'two\nlines', 'Ro\u200bot', 'x'.repeat(121)])(
    'cannot be called %j',
    (name) => {
      const parsed = CreateAccessLevelInputSchema.safeParse({ name, description: '' });
      expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['name']]);
    },
  );

  test('is not found under an unknown id', async () => {
    expect(await change({ accessLevelId: unknown, name: 'Lost', description: '' })).toMatchObject({
      code: 'not_found',
    });
    expect(await deleteAccessLevel(ctx, admin, { accessLevelId: unknown })).toMatchObject({ code: 'not_found' });
  });
});

describe('a level that is used', () => {
  test('stays as evidence once it was granted, even when the grant was revoked', async () => {
    const { db } = database.connection;
    const { id: accessLevelId } = await anAccessLevel(db);
    const { id: computerId } = await aComputer(db);
    await aGrant(db, { personId: admin.person.id, computerId, accessLevelId, revokedAt: new Date() });
    const outcome = await deleteAccessLevel(ctx, admin, { accessLevelId });
    expect(outcome).toMatchObject({ code: 'conflict', params: { problem: expect.stringContaining('evidence') } });
    expect(await evidenceOf(accessLevelId)).toEqual([]);
  });

  test('stays while a computer has a credential at it', async () => {
    const { db } = database.connection;
    const { id: accessLevelId } = await anAccessLevel(db);
    const row = { computerId: (await aComputer(db)).id, credentialId: (await aCredential(db)).id, accessLevelId };
    await db.insert(computerCredentials).values(row);
    const outcome = await deleteAccessLevel(ctx, admin, { accessLevelId });
    expect(outcome).toMatchObject({ code: 'conflict', params: { problem: expect.stringContaining('computers') } });
    await db.delete(computerCredentials);
    expect((await deleteAccessLevel(ctx, admin, { accessLevelId })).ok).toBe(true);
  });

  test('is listed with its uses, found by its description, and sorted by them', async () => {
    const { db } = database.connection;
    const [idle, busy] = [
      await anAccessLevel(db, { name: 'A', description: 'tallied' }),
      await anAccessLevel(db, { name: 'B', description: 'tallied' }),
    ];
    const { id: computerId } = await aComputer(db);
    await aGrant(db, { personId: admin.person.id, computerId, accessLevelId: busy.id });
    const credentialId = (await aCredential(db)).id;
    await db.insert(computerCredentials).values({ computerId, credentialId, accessLevelId: busy.id });
    expect(await listed('tallied', 'uses')).toMatchObject([
      { accessLevelId: idle.id, grants: 0, credentials: 0 },
      { accessLevelId: busy.id, grants: 1, credentials: 1 },
    ]);
  });
});
