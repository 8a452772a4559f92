/*
 * A person sets a master password once, changes it with the present one and keeps every credential; it is as strong as
 * a password must be and another one than the one for signing in. An administrator's reset destroys what only the old one
 * opened, says how much, tells the person, and makes a link that works once, for a day, for that person signed in. None of
 * this writes a password or a token anywhere, and each act leaves its evidence.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { masterPasswordLinks, secrets } from '../../db/schema.ts';
import { actorOf, aLogin, anActor, aPerson, type PersonRow } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { CreateCredentialInputSchema } from '../inventory/credential-input.ts';
import { createPersonalCredential, listPersonalCredentials } from '../inventory/personal-credentials.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import { openPersonalCredential } from '../vault/personal-credential.ts';
import { masterPassword } from '../vault/testing/master-password.ts';
import { openWithUnlock, unlock } from '../vault/unlock.ts';
import { listPeople } from './list-people.ts';
import { changeMasterPassword, setMasterPassword } from './master-password.ts';
import { listNotices, seeNotice } from './notices.ts';
import { hashPassword } from './passwords.ts';
import { findWaitingReset, resetMasterPassword, setMasterPasswordByLink } from './reset-master-password.ts';
import { changeOwnPassword } from './set-password.ts';

const signInPassword = 'the one for signing in';
const next = 'nine lanterns on the water';
const dayMs = 24 * 3_600_000;
let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let passwordHash: string;
let person: PersonRow;
let actor: Actor;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  passwordHash = await hashPassword(signInPassword);
});

afterAll(() => database.close());

beforeEach(async () => {
  const { db } = database.connection;
  ctx = testContext(database.connection);
  person = await aPerson(db, { passwordHash });
  actor = actorOf(person, await aLogin(db, person));
  admin = await anActor(db, ['admin']);
});

const set = (password = masterPassword) => setMasterPassword(ctx, actor, { password });
const reset = async () => valueIn(await resetMasterPassword(ctx, admin, { personId: person.id }));
const seenByAdmin = async () => valueIn(await listPeople(ctx, admin, listOf('name', { search: person.email }))).rows[0];
const tokenIn = (path: string) => new URLSearchParams(path.split('#')[1]).get('token') ?? '';

async function opens(password: string): Promise<boolean> {
  const opened = await openWithMasterPassword(ctx, person.id, password);
  if (opened.ok) opened.value[Symbol.dispose]();
  return opened.ok;
}

async function aCredential(name = 'Mine', by = actor) {
  const input = { type: 'password', name, username: 'ada', password: 'of my own account' };
  return valueIn(await createPersonalCredential(ctx, by, CreateCredentialInputSchema.parse(input))).credentialId;
}

async function evidence() {
  const rows = await database.connection.sql<{ kind: string; subject: Record<string, unknown> }[]>`
    select kind, subject from audit_events where subject->>'personId' = ${person.id} and kind like 'master_password.%'
    order by at, seq`;
  return rows.map(({ kind, subject: { personId: _, ...rest } }) => [kind, rest]);
}

describe('setting it', () => {
  test('makes a key pair that it opens, once', async () => {
    valueIn(await set());
    expect(await opens(masterPassword)).toBe(true);
    expect(await set('another one that is long')).toMatchObject({ code: 'conflict' });
    expect(await opens('another one that is long')).toBe(false);
    expect(await evidence()).toContainEqual(['master_password.set', { byLink: false }]);
  });

  test('by two browsers at once makes one key pair', async () => {
    const answers = await Promise.all([set(), set(next)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test.each([['short'], ['x'.repeat(129)], ['']])('refuses %o beside the field', async (password) => {
    expect(await set(password)).toMatchObject({ code: 'invalid_input', params: { field: 'password' } });
  });

  test('refuses the email and the sign-in password, and is no place to guess the latter', async () => {
    expect(await set(`my mail ${person.email}`)).toMatchObject({ code: 'invalid_input' });
    const refused = await set(signInPassword);
    expect(refused).toMatchObject({ code: 'invalid_input', params: { field: 'password' } });
    for (let n = 0; n < 5; n++) await set(signInPassword);
    expect(await set(signInPassword)).toMatchObject({ code: 'too_many_attempts' });
  });

  test('keeps the sign-in password from becoming it later', async () => {
    valueIn(await set());
    const change = { current: signInPassword, next: masterPassword };
    expect(await changeOwnPassword(ctx, actor, change)).toMatchObject({
      code: 'invalid_input',
      params: { field: 'next' },
    });
  });
});

describe('changing it', () => {
  test('keeps every credential, ends every unlock, and the old one opens nothing', async () => {
    valueIn(await set());
    const id = await aCredential();
    const { cookie } = valueIn(await unlock(ctx, actor, { password: masterPassword }));
    valueIn(await changeMasterPassword(ctx, actor, { current: masterPassword, next }));
    expect(await opens(masterPassword)).toBe(false);
    expect((await openWithUnlock(ctx, actor, cookie)).ok).toBe(false);
    using handle = valueIn(await openWithMasterPassword(ctx, person.id, next));
    expect(valueIn(await openPersonalCredential(ctx, handle, id)).secret).toEqual({
      type: 'password',
      password: 'of my own account',
    });
    expect(await evidence()).toContainEqual(['master_password.changed', {}]);
  });

  test('needs the present one, which is slowed down like everywhere', async () => {
    valueIn(await set());
    const wrong = { current: 'not the present one', next };
    for (let n = 0; n < 6; n++) {
      expect(await changeMasterPassword(ctx, actor, wrong)).toMatchObject({
        code: 'invalid_master_password',
        params: { field: 'current' },
      });
    }
    expect(await changeMasterPassword(ctx, actor, wrong)).toMatchObject({ code: 'too_many_attempts' });
  });

  test('refuses one that is too short, or the sign-in password', async () => {
    valueIn(await set());
    for (const poor of ['short', signInPassword]) {
      const refused = await changeMasterPassword(ctx, actor, { current: masterPassword, next: poor });
      expect(refused).toMatchObject({ code: 'invalid_input', params: { field: 'next' } });
    }
    expect(await opens(masterPassword)).toBe(true);
  });

  test('by two at once from the same present one: one of them counts', async () => {
    valueIn(await set());
    const change = (to: string) => changeMasterPassword(ctx, actor, { current: masterPassword, next: to });
    const answers = await Promise.all([change(next), change('ten ravens over the moor')]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await opens(answers[0].ok ? next : 'ten ravens over the moor')).toBe(true);
  });
});

describe('a reset', () => {
  test('is an administrator’s, of somebody who has a master password', async () => {
    const refused = await resetMasterPassword(ctx, actor, { personId: person.id });
    expect(refused).toMatchObject({ code: 'forbidden' });
    expect(await resetMasterPassword(ctx, admin, { personId: person.id })).toMatchObject({ code: 'conflict' });
  });

  test('destroys personal credentials and unlocks, says how many, and tells the person until they have read it', async () => {
    valueIn(await set());
    const ids = [await aCredential('One'), await aCredential('Two')];
    const { cookie } = valueIn(await unlock(ctx, actor, { password: masterPassword }));
    const before = await seenByAdmin();
    expect(before).toMatchObject({ masterPassword: 'set', personalCredentials: 2 });

    const { destroyed } = await reset();
    expect(destroyed).toBe(2);
    expect(valueIn(await listPersonalCredentials(ctx, actor))).toEqual([]);
    expect(await opens(masterPassword)).toBe(false);
    expect((await openWithUnlock(ctx, actor, cookie)).ok).toBe(false);
    const purpose = await database.connection.db.select({ purpose: secrets.purpose }).from(secrets);
    expect(purpose.filter((row) => ids.some((id) => row.purpose.includes(id)))).toEqual([]);
    const after = await seenByAdmin();
    expect(after).toMatchObject({ masterPassword: 'reset', personalCredentials: 0 });
    expect(await evidence()).toContainEqual(['master_password.reset', { destroyed: 2 }]);

    const [notice] = valueIn(await listNotices(ctx, actor));
    expect(notice).toMatchObject({ kind: 'master_password_reset', subject: { destroyed: 2 } });
    expect(await seeNotice(ctx, admin, { noticeId: notice!.id })).toMatchObject({ code: 'not_found' });
    valueIn(await seeNotice(ctx, actor, { noticeId: notice!.id }));
    expect(valueIn(await listNotices(ctx, actor))).toEqual([]);
  });

  test('leaves other people’s credentials alone', async () => {
    const { db } = database.connection;
    const other = await aPerson(db);
    const others = actorOf(other, await aLogin(db, other));
    valueIn(await setMasterPassword(ctx, others, { password: masterPassword }));
    await aCredential('Theirs', others);
    valueIn(await set());
    await reset();
    expect(valueIn(await listPersonalCredentials(ctx, others))).toHaveLength(1);
  });

  test('is the only way to a new one: its link, which the person and the administrator are given', async () => {
    valueIn(await set());
    const { path } = await reset();
    expect(await set(next)).toMatchObject({ code: 'conflict' });
    expect(valueIn(await findWaitingReset(ctx, actor))).toMatchObject({ path });
    expect(valueIn(await findWaitingReset(ctx, admin))).toBeNull();
    valueIn(await setMasterPasswordByLink(ctx, actor, { token: tokenIn(path), password: next }));
    expect(await opens(next)).toBe(true);
    expect(valueIn(await findWaitingReset(ctx, actor))).toBeNull();
    expect(valueIn(await listNotices(ctx, actor))).toEqual([]);
    expect(await evidence()).toContainEqual(['master_password.set', { byLink: true }]);
  });
});

describe('the link of a reset', () => {
  let path: string;
  const use = (by: Actor, token = tokenIn(path), password = next) =>
    setMasterPasswordByLink(ctx, by, { token, password });
  const invalid = { ok: false, code: 'master_password_link_invalid' };

  beforeEach(async () => {
    valueIn(await set());
    ({ path } = await reset());
  });

  test('works once, of any number of tries at the same moment', async () => {
    const answers = await Promise.all([use(actor), use(actor), use(actor)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await use(actor)).toEqual(invalid);
  });

  test('is worth nothing to anybody else, the administrator who made it included, and says so in the audit log', async () => {
    expect(await use(admin)).toEqual(invalid);
    expect(await use(await anActor(database.connection.db))).toEqual(invalid);
    expect((await evidence()).filter(([kind]) => kind === 'master_password.link_refused')).toHaveLength(2);
    valueIn(await use(actor));
  });

  test('is good for a day; afterwards only a new one helps, and the old one stays dead', async () => {
    const old = tokenIn(path);
    ctx.clock.advance(dayMs);
    expect(await use(actor)).toEqual(invalid);
    expect(valueIn(await findWaitingReset(ctx, actor))).toMatchObject({ path: null });
    expect(await set(next)).toMatchObject({ code: 'conflict' });
    const expiresAt = new Date(ctx.clock.now().getTime() + dayMs);
    admin = { ...admin, login: { ...admin.login, expiresAt } };
    ({ path } = await reset());
    expect(await use(actor, old)).toEqual(invalid);
    valueIn(await use(actor));
  });

  test.each(['', 'x', '\0', 'A'.repeat(43)])('is not %o', async (made) => {
    const before = await evidence();
    expect(await use(actor, made)).toEqual(invalid);
    expect(await evidence()).toEqual(before);
  });

  test('survives a password that is refused', async () => {
    expect(await use(actor, tokenIn(path), 'short')).toMatchObject({ code: 'invalid_input' });
    valueIn(await use(actor));
  });

  test('is in the database only as its hash and as a secret that needs the keyring, and gone once used', async () => {
    const token = tokenIn(path);
    const dump = async () => {
      const [row] = await database.connection.sql<{ text: string }[]>`
        select coalesce((select string_agg(t::text, '') from master_password_links t), '')
          || coalesce((select string_agg(t::text, '') from secrets t), '')
          || (select string_agg(t::text, '') from audit_events t) as text`;
      return row!.text;
    };
    const text = await dump();
    expect(text).not.toContain(token);
    expect(text).not.toContain(Buffer.from(token).toString('hex'));
    valueIn(await use(actor));
    const [link] = await database.connection.db
      .select()
      .from(masterPasswordLinks)
      .where(eq(masterPasswordLinks.personId, person.id));
    expect(link?.usedAt).toEqual(ctx.clock.now());
    expect(link?.secretId).toBeNull();
    for (const password of [masterPassword, next]) expect(await dump()).not.toContain(password);
  });
});
