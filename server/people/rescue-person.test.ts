/*
 * Whoever owns the machine can let an administrator in again: with a new password, an enabled account and no wait. Nobody
 * becomes an administrator by accident, no master password is touched, and the log says that it was done at the machine.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../db/notify.ts';
import { insertLogin } from '../../db/queries/logins.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { anActor, aPerson } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { type LoginSessionId, newId } from '../ids.ts';
import type { Role } from '../protocol/session-words.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import { setMasterPassword } from './master-password.ts';
import { hashPassword } from './passwords.ts';
import { type RescueInput, rescuePerson } from './rescue-person.ts';
import { signIn } from './sign-in.ts';

const hourMs = 3_600_000;
const oldPassword = 'forgotten long ago';
const newPassword = 'correct horse battery';
const masterPassword = 'another thing to know';
let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
});
afterAll(() => database.close());

async function somebody(roles: Role[] = ['user', 'admin'], given: { disabledAt?: Date } = {}) {
  return aPerson(database.connection.db, { roles, passwordHash: await hashPassword(oldPassword), ...given });
}

const rescue = (email: string, given: Partial<RescueInput> = {}) =>
  rescuePerson(ctx, { email, password: newPassword, makeAdmin: false, systemUser: 'root', ...given });

const enter = (email: string, password = newPassword) =>
  signIn(ctx, { email, password, address: null, userAgent: null });

async function evidenceOf(personId: string) {
  const rows = await database.connection.sql<{ kind: string; actor_id: string | null; subject: object }[]>`
    select kind, actor_id, subject from audit_events where subject ->> 'personId' = ${personId}
      and kind <> 'login.succeeded' order by writer_id, seq`;
  return rows.map(({ kind, actor_id, subject }) => [kind, actor_id, subject]);
}

describe('an administrator who cannot sign in', () => {
  test('gets a new password; the old one and every sign-in are worth nothing any more', async () => {
    const { id, name, email } = await somebody();
    const loginId = newId<LoginSessionId>();
    const expiresAt = new Date(ctx.clock.now().getTime() + hourMs);
    await insertLogin(database.connection.db, { id: loginId, personId: id, expiresAt });
    expect(valueIn(await rescue(email))).toEqual({ name, email, did: ['password'], hasMasterPassword: false });
    expect(await enter(email, oldPassword)).toMatchObject({ code: 'sign_in_failed' });
    valueIn(await enter(email));
    expect(await evidenceOf(id)).toEqual([
      ['login.revoked', null, { loginSessionId: loginId, personId: id }],
      ['person.rescued', null, { personId: id, did: ['password'], systemUser: 'root' }],
    ]);
  });

  test('is enabled again, whatever the case of the email', async () => {
    const { email } = await somebody(['admin'], { disabledAt: new Date() });
    expect(await enter(email, oldPassword)).toMatchObject({ code: 'sign_in_failed' });
    expect(valueIn(await rescue(` ${email.toUpperCase()} `, { password: null }))).toMatchObject({
      did: ['enabled', 'throttles'],
    });
    valueIn(await enter(email, oldPassword));
  });

  test('need not wait any more after wrong attempts, at the sign-in and the master password', async () => {
    const person = await somebody();
    const actor = await anActor(database.connection.db, ['admin'], { name: 'other' });
    valueIn(await setMasterPassword(ctx, actor, { password: masterPassword }));
    for (let count = 0; count < 7; count += 1) {
      await enter(person.email, 'wrong');
      await openWithMasterPassword(ctx, actor.person.id, 'wrong');
    }
    expect(await enter(person.email, oldPassword)).toMatchObject({ code: 'too_many_attempts' });
    const blocked = await openWithMasterPassword(ctx, actor.person.id, masterPassword);
    expect(blocked).toMatchObject({ code: 'too_many_attempts' });
    valueIn(await rescue(person.email, { password: null }));
    valueIn(await enter(person.email, oldPassword));
    // Each has waits of their own.
    expect(await openWithMasterPassword(ctx, actor.person.id, masterPassword)).toMatchObject({
      code: 'too_many_attempts',
    });
    valueIn(await rescue(actor.person.email, { password: null }));
    valueIn(await openWithMasterPassword(ctx, actor.person.id, masterPassword))[Symbol.dispose]();
  });

  test('keeps the master password, and what it opens', async () => {
    const actor = await anActor(database.connection.db, ['admin']);
    valueIn(await setMasterPassword(ctx, actor, { password: masterPassword }));
    expect(valueIn(await rescue(actor.person.email))).toMatchObject({
      did: expect.anything(),
      hasMasterPassword: true,
    });
    valueIn(await openWithMasterPassword(ctx, actor.person.id, masterPassword))[Symbol.dispose]();
    expect(await rescue(actor.person.email, { password: masterPassword })).toMatchObject({
      params: { problem: 'Use another one than your master password.' },
    });
  });

  test('is heard of by processes that run', async () => {
    const { id, email } = await somebody();
    const heard: unknown[] = [];
    let isListening = () => {};
    const ready = new Promise<void>((resolve) => {
      isListening = resolve;
    });
    let told = () => {};
    const message = new Promise<void>((resolve) => {
      told = resolve;
    });
    const { stop } = await listen(
      database.connection.sql,
      'access_changed',
      (payload) => {
        heard.push(payload);
        told();
      },
      () => isListening(),
    );
    await ready;
    valueIn(await rescue(email, { password: null }));
    await message;
    await stop();
    expect(heard).toContainEqual({ personId: id });
  });

  test('for whom nothing is to be done is left as they are, and that is evidence too', async () => {
    const { id, email } = await somebody();
    expect(valueIn(await rescue(email, { password: null })).did).toEqual([]);
    expect(await evidenceOf(id)).toEqual([['person.rescued', null, { personId: id, did: [], systemUser: 'root' }]]);
  });
});

describe('nobody', () => {
  test('becomes an administrator unless it is asked for', async () => {
    const { id, email } = await somebody(['user', 'auditor']);
    const refusal = { code: 'conflict', params: { problem: expect.stringContaining('--make-admin') } };
    expect(await rescue(email)).toMatchObject(refusal);
    expect(await rescue(email, { password: null })).toMatchObject(refusal);
    expect(await evidenceOf(id)).toEqual([]);
    valueIn(await enter(email, oldPassword));
    expect(valueIn(await rescue(email, { makeAdmin: true })).did).toEqual(['password', 'admin']);
    const person = await findPersonByEmail(database.connection.db, email);
    expect(person?.roles).toEqual(['user', 'auditor', 'admin']);
  });

  test('is made an administrator twice', async () => {
    const { email } = await somebody();
    expect(valueIn(await rescue(email, { makeAdmin: true, password: null })).did).toEqual([]);
  });

  test.each(['', 'nobody@example.org', '%', "' or 1=1 --"])('is found under %j', async (email) => {
    expect(await rescue(email, { makeAdmin: true })).toMatchObject({ code: 'not_found' });
  });

  test('gets a password that is too short, too long, or their email', async () => {
    const { id, email } = await somebody();
    for (const password of ['', 'short', 'x'.repeat(129), `my ${email}`])
      expect(await rescue(email, { password })).toMatchObject({ code: 'invalid_input' });
    expect(await evidenceOf(id)).toEqual([]);
    valueIn(await enter(email, oldPassword));
  });
});
