/*
 * Settings are an administrator's: what they set counts at once in every process, within its bounds, and the audit log
 * says from what to what. What nobody set, or set back, has its default.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../../db/queries/settings.ts';
import { anActor } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { type SettingName, type SettingValue, settingNames } from '../protocol/settings.ts';
import { ChangeSettingInputSchema, changeSetting, listSettings, readHouseRules } from './settings.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin'], { name: 'Ada' });
});
beforeEach(() => database.connection.sql`delete from settings`);
afterAll(() => database.close());

const set = (name: SettingName, value: SettingValue | null, actor = admin) =>
  changeSetting(ctx, actor, ChangeSettingInputSchema.parse({ name, value }));
const present = () => readSettings(database.connection.db);
const rowOf = async (name: SettingName) => valueIn(await listSettings(ctx, admin)).find((row) => row.name === name);

async function evidence() {
  const rows = await database.connection.sql<{ subject: object }[]>`
    select subject from audit_events where kind = 'setting.changed' order by writer_id, seq`;
  return rows.map(({ subject }) => subject);
}

describe('a setting', () => {
  test('has its default until somebody sets it', async () => {
    expect(await rowOf('signInHours')).toEqual({ name: 'signInHours', value: 12, changed: null });
    expect(valueIn(await listSettings(ctx, admin)).map(({ name }) => name)).toEqual(settingNames);
  });

  test('counts at once, says who set it and when, and is evidence', async () => {
    const before = (await evidence()).length;
    valueIn(await set('signInHours', '4'));
    expect((await present()).signInHours).toBe(4);
    expect(await rowOf('signInHours')).toMatchObject({ value: 4, changed: { at: ctx.clock.now(), by: 'Ada' } });
    expect((await evidence()).slice(before)).toEqual([{ setting: 'signInHours', from: '12 hours', to: '4 hours' }]);
  });

  test('is kept as it was when it is set to the same, and nothing is written of it', async () => {
    valueIn(await set('shopShowsAll', 'false'));
    const before = (await evidence()).length;
    valueIn(await set('shopShowsAll', false));
    expect((await evidence()).length).toBe(before);
    expect((await present()).shopShowsAll).toBe(false);
  });

  test('goes back to its default', async () => {
    valueIn(await set('helpContact', 'Ada, ext. 42'));
    valueIn(await set('helpContact', null));
    expect(await rowOf('helpContact')).toEqual({ name: 'helpContact', value: '', changed: null });
    expect((await evidence()).at(-1)).toEqual({ setting: 'helpContact', from: 'Ada, ext. 42', to: 'nothing' });
  });

  test('out of its bounds is refused beside its field, and the old one stays', async () => {
    valueIn(await set('unlockHours', 2));
    expect(await set('unlockHours', 9)).toMatchObject({
      code: 'invalid_input',
      params: { field: 'value', problem: 'Enter a whole number of hours from 1 to 8.' },
    });
    expect((await present()).unlockHours).toBe(2);
  });

  test('changed by two at once has a log that follows from one to the other', async () => {
    valueIn(await set('minPasswordLength', 12));
    const before = (await evidence()).length;
    const other = database.context(); // another process, with a chain of its own
    const results = await Promise.all([
      set('minPasswordLength', 16),
      changeSetting(other, admin, { name: 'minPasswordLength', value: 20 }),
    ]);
    for (const result of results) valueIn(result);
    const told = (await evidence()).slice(before) as { from: string; to: string }[];
    const froms = (
      await database.connection.sql<{ subject: { from: string; to: string } }[]>`
      select subject from audit_events where kind = 'setting.changed' and subject ->> 'setting' = 'minPasswordLength'
        and subject ->> 'from' = '12 characters'`
    ).length;
    expect(told).toHaveLength(2);
    expect(froms).toBe(1);
  });
});

describe('nobody else', () => {
  test.each(['user', 'auditor', 'approver'] as const)('%s may see or change them', async (role) => {
    const other = await anActor(database.connection.db, [role]);
    expect(await set('signInHours', 1, other)).toMatchObject({ code: 'forbidden' });
    expect(await listSettings(ctx, other)).toMatchObject({ code: 'forbidden' });
    expect((await present()).signInHours).toBe(12);
  });

  test('makes up settings that there are not', () => {
    for (const name of ['', 'constructor', '__proto__', 'signinhours'])
      expect(ChangeSettingInputSchema.safeParse({ name, value: 1 }).success).toBe(false);
  });
});

test('everybody meets what is set for passwords, unlocks and help', async () => {
  valueIn(await set('minMasterPasswordLength', 20));
  valueIn(await set('helpContact', 'Ada'));
  expect(await readHouseRules(ctx)).toEqual({
    minPasswordLength: 12,
    minMasterPasswordLength: 20,
    unlockHours: 8,
    helpContact: 'Ada',
  });
});
