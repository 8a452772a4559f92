/*
 * What an administrator sets for sign-ins, unlocks and passwords counts from the very next one on, in processes that run
 * since before; what was given before keeps the end it was given.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listLoginsOf } from '../../db/queries/logins.ts';
import { deleteSetting, storeSetting } from '../../db/queries/settings.ts';
import { anActor, aPerson } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type SettingName, type SettingValue, settingNames } from '../protocol/settings.ts';
import { lock, unlock } from '../vault/unlock.ts';
import { createPerson } from './create-person.ts';
import { setMasterPassword } from './master-password.ts';
import { hashPassword } from './passwords.ts';
import { changeOwnPassword, setPassword } from './set-password.ts';
import { createSetUpLink, setUpInstallation } from './set-up.ts';
import { signIn } from './sign-in.ts';

const hourMs = 3_600_000;
const password = 'correct horse battery'; // 21 characters
const masterPassword = 'another thing to know';
let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin']);
});
afterEach(async () => {
  for (const name of settingNames) await deleteSetting(database.connection.db, name);
});
afterAll(() => database.close());

// As another process would: past everything that this one could have kept in memory.
const set = (name: SettingName, value: SettingValue) =>
  storeSetting(database.connection.db, { name, value, changedAt: new Date(), changedBy: admin.person.id });
const tooShort = (length: number, field: string) => ({
  code: 'invalid_input',
  params: { field, problem: `Use at least ${length} characters. A few unrelated words are fine.` },
});

test('a sign-in lasts as long as was set when it began', async () => {
  const { id, email } = await aPerson(database.connection.db, { passwordHash: await hashPassword(password) });
  const opened = async () => valueIn(await signIn(ctx, { email, password, address: null, userAgent: null })).expiresAt;
  const inHours = (hours: number) => new Date(ctx.clock.now().getTime() + hours * hourMs);
  const first = await opened();
  expect(first).toEqual(inHours(12));
  await set('signInHours', 2);
  expect(await opened()).toEqual(inHours(2));
  const logins = await listLoginsOf(database.connection.db, id, 10);
  expect(logins.map(({ expiresAt }) => expiresAt)).toContainEqual(first);
});

test('an unlock lasts as long as was set, and never longer than the sign-in', async () => {
  const actor = await anActor(database.connection.db);
  valueIn(await setMasterPassword(ctx, actor, { password: masterPassword }));
  await set('unlockHours', 1);
  const { until } = valueIn(await unlock(ctx, actor, { password: masterPassword }));
  expect(until).toEqual(new Date(ctx.clock.now().getTime() + hourMs));
  valueIn(await lock(ctx, actor));
  const ending = { ...actor, login: { ...actor.login, expiresAt: new Date(ctx.clock.now().getTime() + hourMs / 2) } };
  const short = valueIn(await unlock(ctx, ending, { password: masterPassword }));
  expect(short.until).toEqual(ending.login.expiresAt);
});

test('passwords are as long as was set, wherever one is chosen', async () => {
  await set('minPasswordLength', 22);
  const person = await anActor(database.connection.db, ['user'], { passwordHash: await hashPassword(password) });
  const { id: personId } = person.person;
  const made = { name: 'Bob', email: 'bob@example.org', roles: ['user' as const] };
  expect(await createPerson(ctx, admin, { ...made, password })).toMatchObject(tooShort(22, 'password'));
  expect(await setPassword(ctx, admin, { personId, password })).toMatchObject(tooShort(22, 'password'));
  expect(await changeOwnPassword(ctx, person, { current: password, next: 'not so long at all' })).toMatchObject(
    tooShort(22, 'next'),
  );
  valueIn(await createPerson(ctx, admin, { ...made, password: `${password}!` }));
});

test('master passwords have a length of their own', async () => {
  await set('minMasterPasswordLength', 30);
  const actor = await anActor(database.connection.db);
  expect(await setMasterPassword(ctx, actor, { password: masterPassword })).toMatchObject(tooShort(30, 'password'));
  valueIn(await setMasterPassword(ctx, actor, { password: `${masterPassword} and more` }));
});

test('a password from before, shorter than is asked for now, still signs in', async () => {
  const { email } = await aPerson(database.connection.db, { passwordHash: await hashPassword(password) });
  await set('minPasswordLength', 64);
  expect(await signIn(ctx, { email, password, address: null, userAgent: null })).toMatchObject({ ok: true });
});

test('the first administrator is held to it as well', async () => {
  await using empty = await testDatabase();
  const other = empty.context();
  const token = await createSetUpLink(other);
  const input = { token: token ?? '', name: 'Ada', email: 'ada@example.org' };
  expect(await setUpInstallation(other, { ...input, password: 'too short' })).toMatchObject(tooShort(12, 'password'));
  valueIn(await setUpInstallation(other, { ...input, password }));
});
