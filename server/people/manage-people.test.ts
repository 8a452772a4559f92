// Contract: administrators, and nobody else, keep the people. There is always an administrator who can sign in, even
// when two take the role from each other at the same moment. A change of rights is heard by the gateway in the commit
// that made it, and leaves evidence that never holds a password.
import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../db/notify.ts';
import { auditEvents, loginSessions, people } from '../../db/schema.ts';
import { actorOf, aGroup, aLogin, anActor, aPerson } from '../../db/testing/builders.ts';
import type { TestClock } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { Outcome } from '../errors.ts';
import { sentenceOf } from '../errors.ts';
import { newId, type PersonId } from '../ids.ts';
import { roles } from '../protocol/session-words.ts';
import { changePerson, setPersonDisabled } from './change-person.ts';
import { createPerson } from './create-person.ts';
import { listPeople } from './list-people.ts';
import { hashPassword } from './passwords.ts';
import { listLogins, revokeLogin } from './revoke-login.ts';
import { changeOwnPassword, setPassword } from './set-password.ts';
import { signIn } from './sign-in.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  ctx = database.context();
  await database.connection.db.update(people).set({ disabledAt: new Date() });
  admin = await anActor(database.connection.db, ['admin']);
});

const fields = (given = {}) => ({
  name: 'Bob',
  email: `bob-${newId()}@example.org`,
  roles: ['user' as const],
  ...given,
});
const code = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.code);

async function personOf(id: PersonId) {
  const [person] = await database.connection.db.select().from(people).where(eq(people.id, id));
  return person!;
}

async function lastKinds(): Promise<string[]> {
  const rows = await database.connection.db.select().from(auditEvents).orderBy(desc(auditEvents.seq));
  return rows.filter((row) => row.writerId === ctx.audit.writerId).map((row) => row.kind);
}

describe('who may', () => {
  const acts: [string, (actor: Actor, personId: PersonId) => Promise<Outcome<unknown>>][] = [
    ['createPerson', (actor) => createPerson(ctx, actor, { ...fields(), password })],
    ['changePerson', (actor, personId) => changePerson(ctx, actor, { personId, ...fields() })],
    ['setPersonDisabled', (actor, personId) => setPersonDisabled(ctx, actor, { personId, disabled: true })],
    ['setPassword', (actor, personId) => setPassword(ctx, actor, { personId, password })],
    ['listPeople', (actor) => listPeople(ctx, actor, listOf('name'))],
  ];
  for (const [name, act] of acts) {
    it.each(roles)(`${name} as %s`, async (role) => {
      const actor = await anActor(database.connection.db, [role]);
      const target = await aPerson(database.connection.db);
      expect(code(await act(actor, target.id))).toBe(role === 'admin' ? 'ok' : 'forbidden');
    });
  }

  it.each(['00000000-0000-7000-8000-000000000000', 'no id', ''])('finds nobody under %j', async (id) => {
    const personId = id as PersonId;
    expect(code(await changePerson(ctx, admin, { personId, ...fields() }))).toBe('not_found');
    expect(code(await setPersonDisabled(ctx, admin, { personId, disabled: true }))).toBe('not_found');
    expect(code(await setPassword(ctx, admin, { personId, password }))).toBe('not_found');
  });
});

describe('createPerson', () => {
  it('makes somebody who can sign in, without the password in the evidence', async () => {
    const given = fields({ email: ` Grace-${newId()}@Example.org `, roles: ['auditor', 'user', 'auditor'] });
    expect(await createPerson(ctx, admin, { ...given, password })).toMatchObject({ ok: true });
    const email = given.email.trim().toLowerCase();
    expect(await signIn(ctx, { email, password, address: null, userAgent: null })).toMatchObject({ ok: true });
    const rows = await database.connection.sql`select * from audit_events where kind = 'person.created'`;
    expect(rows.at(-1)).toMatchObject({
      actor_id: admin.person.id,
      subject: { name: 'Bob', roles: ['user', 'auditor'] },
    });
    expect(JSON.stringify(rows)).not.toContain('horse');
    expect(JSON.stringify(rows)).not.toContain('argon2');
  });

  it.each([
    ['password', { password: 'too short' }, /at least 12/],
    ['password', { password: 'x'.repeat(129) }, /at most 128/],
    ['password', { password: 'my.mail@example.org', email: 'My.Mail@example.org' }, /email address/],
    ['email', { email: 'not an email' }, /email address/],
    ['name', { name: '  ' }, /name/],
    ['name', { name: 'a\nb' }, /one line/],
    ['roles', { roles: [] }, /role/],
    ['roles', { roles: ['root' as never] }, /./],
  ])('refuses a bad %s and says what to do', async (field, given, sentence) => {
    const outcome = await createPerson(ctx, admin, { ...fields(), password, ...given });
    expect(outcome).toMatchObject({ ok: false, code: 'invalid_input', params: { field } });
    expect(outcome.ok ? '' : sentenceOf(outcome)).toMatch(sentence);
  });

  it('refuses an email that somebody has in another case', async () => {
    const { email } = await aPerson(database.connection.db);
    const outcome = await createPerson(ctx, admin, { ...fields({ email: email.toUpperCase() }), password });
    expect(outcome).toMatchObject({ ok: false, code: 'conflict', params: { field: 'email' } });
  });
});

describe('the last administrator', () => {
  it('cannot be demoted or disabled, and is told why', async () => {
    const { id, name, email } = admin.person;
    const demoted = await changePerson(ctx, admin, { personId: id, name, email, roles: ['user'] });
    expect(demoted.ok ? '' : sentenceOf(demoted)).toMatch(/last administrator/);
    expect(code(await setPersonDisabled(ctx, admin, { personId: id, disabled: true }))).toBe('conflict');
  });

  it('does not count disabled administrators as others', async () => {
    await aPerson(database.connection.db, { roles: ['admin'], disabledAt: new Date() });
    expect(code(await setPersonDisabled(ctx, admin, { personId: admin.person.id, disabled: true }))).toBe('conflict');
  });

  it('remains, when two administrators disable or demote each other at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      await database.connection.db.update(people).set({ disabledAt: new Date() });
      const one = await anActor(database.connection.db, ['admin']);
      const two = await anActor(database.connection.db, ['admin']);
      const outcomes = await Promise.all([
        setPersonDisabled(ctx, one, { personId: two.person.id, disabled: true }),
        changePerson(ctx, two, { personId: one.person.id, name: 'One', email: one.person.email, roles: ['user'] }),
      ]);
      expect(outcomes.map(code).sort()).toEqual(['conflict', 'ok']);
    }
  });
});

describe('changes that take rights away', () => {
  it('are heard in the gateway, once they are committed', async () => {
    const person = await aPerson(database.connection.db);
    const heard = new Promise<{ personId?: string }>((resolve) => {
      void listen(database.connection.sql, 'access_changed', resolve, () => {
        void setPersonDisabled(ctx, admin, { personId: person.id, disabled: true });
      });
    });
    expect(await heard).toEqual({ personId: person.id });
    expect((await personOf(person.id)).disabledAt).not.toBeNull();
  });

  it('disabling revokes every sign-in of the person and nobody else’s', async () => {
    const person = await aPerson(database.connection.db);
    await aLogin(database.connection.db, person);
    await aLogin(database.connection.db, person);
    await setPersonDisabled(ctx, admin, { personId: person.id, disabled: true });
    const logins = await database.connection.db.select().from(loginSessions);
    expect(logins.filter((l) => l.personId === person.id).every((l) => l.revokedAt)).toBe(true);
    expect(logins.find((l) => l.id === admin.login.id)?.revokedAt).toBeNull();
    expect(await lastKinds()).toEqual(['login.revoked', 'login.revoked', 'person.disabled']);
  });

  it('say nothing when nothing changed', async () => {
    const person = await aPerson(database.connection.db);
    const { name, email, roles: same } = person;
    await changePerson(ctx, admin, { personId: person.id, name, email, roles: same });
    await setPersonDisabled(ctx, admin, { personId: person.id, disabled: false });
    expect(await lastKinds()).toEqual([]);
  });
});

describe('passwords', () => {
  const signInAs = (email: string, with_: string) =>
    signIn(ctx, { email, password: with_, address: null, userAgent: null });

  it('set by an administrator replace the old one and sign the person out', async () => {
    const person = await aPerson(database.connection.db, { passwordHash: await hashPassword(password) });
    const login = await aLogin(database.connection.db, person);
    expect(code(await setPassword(ctx, admin, { personId: person.id, password: 'another long one' }))).toBe('ok');
    expect(code(await signInAs(person.email, password))).toBe('sign_in_failed');
    expect(code(await signInAs(person.email, 'another long one'))).toBe('ok');
    const [row] = await database.connection.db.select().from(loginSessions).where(eq(loginSessions.id, login.id));
    expect(row?.revokedAt).not.toBeNull();
  });

  it('changed by their owner need the present one, and end the other sign-ins only', async () => {
    const person = await aPerson(database.connection.db, { passwordHash: await hashPassword(password) });
    const here = await aLogin(database.connection.db, person);
    const elsewhere = await aLogin(database.connection.db, person);
    const actor = actorOf(person, here);
    expect(await changeOwnPassword(ctx, actor, { current: 'wrong', next: 'another long one' })).toMatchObject({
      code: 'invalid_input',
      params: { field: 'current' },
    });
    expect(await changeOwnPassword(ctx, actor, { current: password, next: 'short' })).toMatchObject({
      params: { field: 'next' },
    });
    expect(code(await changeOwnPassword(ctx, actor, { current: password, next: person.email }))).toBe('invalid_input');
    expect(code(await changeOwnPassword(ctx, actor, { current: password, next: 'another long one' }))).toBe('ok');
    const rows = await listLogins(ctx, actor);
    expect(rows.ok && rows.value.map((row) => [row.id, row.revokedAt === null, row.isCurrent])).toEqual([
      [elsewhere.id, false, false],
      [here.id, true, true],
    ]);
  });

  it('cannot be guessed through changeOwnPassword by whoever found an open browser', async () => {
    const person = await aPerson(database.connection.db, { passwordHash: await hashPassword(password) });
    const actor = actorOf(person, await aLogin(database.connection.db, person));
    const outcomes: string[] = [];
    for (let guess = 0; guess < 8; guess += 1) {
      outcomes.push(code(await changeOwnPassword(ctx, actor, { current: `guess ${guess}`, next: 'another long one' })));
    }
    expect(outcomes.slice(-2)).toEqual(['too_many_attempts', 'too_many_attempts']);
  });
});

describe('sign-ins', () => {
  it('are seen and ended by their person and by administrators, by nobody else', async () => {
    const owner = await anActor(database.connection.db);
    const auditor = await anActor(database.connection.db, ['user', 'approver', 'auditor']);
    const loginSessionId = owner.login.id;
    expect(code(await listLogins(ctx, auditor, { personId: owner.person.id }))).toBe('not_found');
    expect(code(await revokeLogin(ctx, auditor, { loginSessionId }))).toBe('not_found');
    expect(code(await listLogins(ctx, admin, { personId: owner.person.id }))).toBe('ok');
    expect(code(await revokeLogin(ctx, owner, { loginSessionId }))).toBe('ok');
    expect(code(await revokeLogin(ctx, admin, { loginSessionId }))).toBe('ok');
    expect(await lastKinds()).toEqual(['login.revoked']);
    expect(code(await revokeLogin(ctx, admin, { loginSessionId: 'x' as never }))).toBe('not_found');
  });
});

describe('listPeople', () => {
  const named = async (search: string) => valueIn(await listPeople(ctx, admin, listOf('name', { search })));

  it('shows groups and the latest sign-in, and no hash', async () => {
    const person = await aPerson(database.connection.db, { passwordHash: '$argon2id$secret' });
    await aLogin(database.connection.db, person, { createdAt: new Date('2026-01-02T03:04:05Z') });
    await aLogin(database.connection.db, person, { createdAt: new Date('2026-01-03T03:04:05Z') });
    const group = await aGroup(database.connection.db, [person]);
    const found = await named(person.name);
    expect(found.rows).toHaveLength(1);
    expect(found.rows[0]).toMatchObject({ groups: [group.name], lastSignInAt: new Date('2026-01-03T03:04:05Z') });
    expect(JSON.stringify(found)).not.toContain('argon2');
    expect((await named(admin.person.name)).rows).toMatchObject([{ groups: [] }]);
  });

  it('finds words in names, emails, roles, states and groups, all of them', async () => {
    const { db } = database.connection;
    const ann = await aPerson(db, { name: 'Ann Searched', email: 'a.s@one.example', roles: ['auditor'] });
    const bob = await aPerson(db, { name: 'Bob Searched', roles: ['admin'], disabledAt: new Date() });
    await aGroup(db, [ann], 'Lighthouse 50%');
    const ids = async (search: string) => (await named(search)).rows.map(({ id }) => id);
    expect(await ids('searched')).toEqual([ann.id, bob.id]);
    expect(await ids('SEARCHED one.example')).toEqual([ann.id]);
    expect(await ids('searched auditor')).toEqual([ann.id]);
    expect(await ids('searched administrator')).toEqual([bob.id]);
    expect(await ids('searched disabled')).toEqual([bob.id]);
    expect(await ids('lighthouse')).toEqual([ann.id]);
    expect(await ids('searched 50%')).toEqual([ann.id]);
    expect(await ids('searched %')).toEqual([ann.id]);
    expect(await ids("searched ' or 1=1")).toEqual([]);
  });

  it('sorts by sign-in and state, those who never came first, and pages what is too long', async () => {
    const { db } = database.connection;
    const at = (day: number) => ({ createdAt: new Date(Date.UTC(2026, 0, day)) });
    const people = [];
    for (const name of ['Never', 'Late', 'Early']) people.push(await aPerson(db, { name: `${name} Sorted` }));
    const [, late, early] = people;
    await aLogin(db, late!, at(9));
    await aLogin(db, early!, at(2));
    const names = async (given: object) =>
      valueIn(await listPeople(ctx, admin, listOf('lastSignIn', { search: 'sorted', ...given }))).rows.map(({ name }) =>
        name.replace(' Sorted', ''),
      );
    expect(await names({})).toEqual(['Never', 'Early', 'Late']);
    expect(await names({ descending: true })).toEqual(['Late', 'Early', 'Never']);
    expect(await names({ sort: 'name' })).toEqual(['Early', 'Late', 'Never']);

    for (let index = 0; index < 60; index++) await aPerson(db, { name: `Crowd ${String(index).padStart(2, '0')}` });
    const page = async (number: number) =>
      valueIn(await listPeople(ctx, admin, listOf('name', { search: 'crowd', page: number })));
    expect(await page(2)).toMatchObject({ total: 60, page: 2, pages: 2 });
    expect((await page(2)).rows.map(({ name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, index) => `Crowd ${50 + index}`),
    );
    expect((await page(99)).page).toBe(2);
  });
});
