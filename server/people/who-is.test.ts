// Contract: only a cookie that we signed, of a sign-in that still counts, of a person who is not disabled, makes an
// actor; and it stops doing so at once. Whatever else arrives as a `Cookie` header is answered, never thrown.
import fc from 'fast-check';
import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aLogin, anActor, aPerson, type LoginRow, type PersonRow } from '../../db/testing/builders.ts';
import type { TestClock } from '../../db/testing/context.ts';
import { cookieOf } from '../../db/testing/cookie.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Actor, Context } from '../context.ts';
import { newId } from '../ids.ts';
import { setPersonDisabled } from './change-person.ts';
import { revokeLogin } from './revoke-login.ts';
import { readSessionCookie, sessionCookieName } from './session-cookie.ts';
import { whoIs } from './who-is.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let admin: Actor;
let person: PersonRow;
let login: LoginRow;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin']);
});
afterAll(() => database.close());
beforeEach(async () => {
  ctx = database.context();
  person = await aPerson(database.connection.db, { roles: ['user', 'auditor'] });
  login = await aLogin(database.connection.db, person);
});

const tokenOf = async (header: Promise<string>) => (await header).split('=')[1]!;

describe('a cookie of ours', () => {
  it('makes the actor with roles as they are now', async () => {
    expect(await whoIs(ctx, await cookieOf(ctx, login.id))).toMatchObject({
      ok: true,
      value: { person: { id: person.id, email: person.email, roles: ['user', 'auditor'] }, login: { id: login.id } },
    });
  });

  it('is found among others, quoted, and in chunks', async () => {
    const token = await tokenOf(cookieOf(ctx, login.id));
    const half = Math.floor(token.length / 2);
    const name = sessionCookieName('http://localhost');
    for (const header of [
      `a=b; ${name}=${token}; c`,
      `${name}="${token}"`,
      `${name}.1=${token.slice(half)}; ${name}.0=${token.slice(0, half)}`,
    ]) {
      expect(await whoIs(ctx, header)).toMatchObject({ ok: true });
    }
  });

  // A sibling host, or whoever stands on the line of a plain http request, can give the browser the cookie of a sign-in
  // of its own, so that what is typed next is typed into that account.
  it('over https is only the one that other hosts of the domain cannot set', async () => {
    const secure = { ...ctx, publicUrl: 'https://gate.example.org' };
    const planted = await aLogin(database.connection.db, await aPerson(database.connection.db));
    const plain = await cookieOf(ctx, planted.id);
    expect(await whoIs(secure, plain)).toEqual({ ok: false, code: 'not_signed_in' });
    const token = plain.split('=')[1];
    expect(await whoIs(secure, `sallyport.session.0=${token}`)).toEqual({ ok: false, code: 'not_signed_in' });
    const header = `${plain}; ${await cookieOf(secure, login.id)}`;
    expect(await whoIs(secure, header)).toMatchObject({ ok: true, value: { login: { id: login.id } } });
  });

  it('counts until the sign-in expires, not a moment longer', async () => {
    const header = await cookieOf(ctx, login.id);
    ctx.clock.set(new Date(login.expiresAt.getTime() - 1));
    expect(await whoIs(ctx, header)).toMatchObject({ ok: true });
    ctx.clock.set(login.expiresAt);
    expect(await whoIs(ctx, header)).toEqual({ ok: false, code: 'signed_out' });
  });

  it('is worth nothing from the moment of revocation', async () => {
    const header = await cookieOf(ctx, login.id);
    expect(await revokeLogin(ctx, admin, { loginSessionId: login.id })).toMatchObject({ ok: true });
    expect(await whoIs(ctx, header)).toEqual({ ok: false, code: 'signed_out' });
  });

  it('is worth nothing when the person is disabled, nor after they are enabled again', async () => {
    const header = await cookieOf(ctx, login.id);
    await setPersonDisabled(ctx, admin, { personId: person.id, disabled: true });
    expect(await whoIs(ctx, header)).toEqual({ ok: false, code: 'person_disabled' });
    await setPersonDisabled(ctx, admin, { personId: person.id, disabled: false });
    expect(await whoIs(ctx, header)).toEqual({ ok: false, code: 'signed_out' });
  });
});

describe('a cookie that is not', () => {
  const refused = { ok: false, code: 'not_signed_in' };

  it('is refused when another key signed it', async () => {
    expect(await whoIs(ctx, await cookieOf(database.context(), login.id))).toEqual(refused);
  });

  it.each([
    ['no sid', {}],
    ['a sid of nobody', { sid: newId() }],
    ['a sid that is no id', { sid: "' or true --" }],
    ['a sid of another type', { sid: { id: 1 } }],
  ])('is refused with %s, although we signed it', async (_, token) => {
    const value = await encode({ token, secret: ctx.keyring.authSecret });
    expect(await whoIs(ctx, `sallyport.session=${value}`)).toEqual(refused);
  });

  it('is refused after the end of the token itself', async () => {
    const value = await encode({ token: { sid: login.id }, secret: ctx.keyring.authSecret, maxAge: -60 });
    expect(await whoIs(ctx, `sallyport.session=${value}`)).toEqual(refused);
  });

  // The last character of a part carries bits that base64url ignores, but the head is authenticated as it is written.
  const decoded = (token: string) =>
    token
      .split('.')
      .map((part, at) => (at === 0 ? part : Buffer.from(part, 'base64url').toString('hex')))
      .join('.');

  it('is refused with any one character changed', async () => {
    const token = await tokenOf(cookieOf(ctx, login.id));
    for (let index = 0; index < token.length; index += 7) {
      const other = token[index] === 'A' ? 'B' : 'A';
      const altered = `${token.slice(0, index)}${other}${token.slice(index + 1)}`;
      if (decoded(altered) === decoded(token)) continue;
      expect(await whoIs(ctx, `sallyport.session=${altered}`)).toEqual(refused);
    }
  });

  it('never throws, whatever the header is', async () => {
    const token = await tokenOf(cookieOf(ctx, login.id));
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.array(fc.constantFrom(...token.split('.'), 'x', ''), { maxLength: 7 }).map((parts) => parts.join('.')),
    );
    const name = fc.constantFrom(
      'sallyport.session',
      '__Host-sallyport.session',
      'sallyport.session.0',
      '__proto__',
      '',
    );
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.tuple(name, value)).map((pairs) => pairs.map((pair) => pair.join('=')).join(';')),
    );
    await fc.assert(
      fc.asyncProperty(header, async (text) => {
        const outcome = await whoIs(ctx, text);
        expect(outcome.ok === false || outcome.value.login.id === login.id).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(await whoIs(ctx, undefined)).toEqual(refused);
  });
});

describe('readSessionCookie', () => {
  it('gives the first of two, and nothing for chunks without a beginning', () => {
    expect(readSessionCookie('sallyport.session=a; sallyport.session=b', 'http://localhost')).toBe('a');
    expect(readSessionCookie('sallyport.session.1=b; sallyport.session.2=c', 'http://localhost')).toBeUndefined();
    expect(
      readSessionCookie('sallyport.session.0=a; sallyport.session.1=b; sallyport.session.3=d', 'http://localhost'),
    ).toBe('ab');
    expect(readSessionCookie('sallyport.sessions=a', 'http://localhost')).toBeUndefined();
  });
});
