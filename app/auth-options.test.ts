// Contract: next-auth carries the form and the cookie and nothing else. The cookie holds only `sid`; whoIs understands it;
// a refusal reaches the form as its sentence; a forged request signs nobody in; signing out ends the login session itself,
// so that a copied cookie is worth nothing afterwards. Driven through next-auth's own handler against a real database.

import type { NextApiRequest, NextApiResponse } from 'next';
import NextAuth from 'next-auth';
import { decode } from 'next-auth/jwt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aPerson } from '../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../db/testing/database.ts';
import { newId } from '../server/ids.ts';
import { hashPassword } from '../server/people/passwords.ts';
import { whoIs } from '../server/people/who-is.ts';
import { authOptions } from './auth-options.ts';

const password = 'correct horse battery';
const configKey = Symbol.for('sallyport.config');
let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let email: string;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  useUrl('http://localhost:3000');
  ctx = database.context();
  email = `ada-${newId()}@example.org`;
  await aPerson(database.connection.db, { email, passwordHash: await hashPassword(password) });
});
afterEach(() => {
  vi.unstubAllEnvs();
  Reflect.deleteProperty(globalThis, configKey);
});

function useUrl(publicUrl: string) {
  vi.stubEnv('NEXTAUTH_URL', publicUrl);
  Object.assign(globalThis, { [configKey]: { publicUrl } });
}

/** A browser: sends the cookies it was given, keeps those it is told. */
function aBrowser() {
  const cookies = new Map<string, string>();
  const setCookies: string[] = [];
  const header = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

  async function ask(method: 'GET' | 'POST', action: string[], body: Record<string, string> = {}) {
    const answer: { status: number; body?: { url?: string; csrfToken?: string } } = { status: 200 };
    const response = {
      status(status: number) {
        answer.status = status;
        return response;
      },
      getHeader: () => undefined,
      setHeader: (name: string, value: string | string[]) =>
        name.toLowerCase() === 'set-cookie' && take([value].flat()),
      json: (json: object) => (answer.body = json),
      send: (json: object) => (answer.body = json),
      end: () => undefined,
    };
    const request = {
      method,
      query: { nextauth: action },
      body: { ...body, json: 'true' },
      headers: { 'x-forwarded-for': '192.0.2.7', 'user-agent': 'test', host: 'localhost:3000' },
      cookies: Object.fromEntries([...cookies].map(([name, value]) => [name, decodeURIComponent(value)])),
    };
    const options = authOptions(ctx, header());
    await NextAuth(request as unknown as NextApiRequest, response as unknown as NextApiResponse, options);
    return answer;
  }

  function take(lines: string[]) {
    setCookies.push(...lines);
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  const csrfToken = async () => (await ask('GET', ['csrf'])).body?.csrfToken ?? '';
  return {
    cookies,
    setCookies,
    header,
    ask,
    signIn: async (given: { password?: string; csrfToken?: string } = {}) =>
      ask('POST', ['callback', 'credentials'], { email, password, csrfToken: await csrfToken(), ...given }),
    signOut: async () => ask('POST', ['signout'], { csrfToken: await csrfToken() }),
  };
}

describe('signing in', () => {
  it('sets a cookie that holds the login session and nothing else, and that whoIs understands', async () => {
    const browser = aBrowser();
    expect((await browser.signIn()).status).toBe(200);
    const actor = await whoIs(ctx, browser.header());
    expect(actor).toMatchObject({ ok: true, value: { person: { email } } });
    const token = browser.cookies.get('sallyport.session') ?? '';
    const claims = await decode({ token, secret: ctx.keyring.authSecret });
    expect(Object.keys(claims ?? {}).sort()).toEqual(['exp', 'iat', 'jti', 'sid']);
    expect(claims?.sid).toBe(actor.ok && actor.value.login.id);
  });

  it('keeps the cookie from scripts and from other sites', async () => {
    const browser = aBrowser();
    await browser.signIn();
    const line = browser.setCookies.find((cookie) => cookie.startsWith('sallyport.session='));
    expect(line).toMatch(/; HttpOnly/);
    expect(line).toMatch(/; SameSite=Lax/);
    expect(line).not.toMatch(/; Secure/);
  });

  it('binds the cookie to this very origin over https', async () => {
    useUrl('https://gate.example');
    const browser = aBrowser();
    await browser.signIn();
    const line = browser.setCookies.find((cookie) => cookie.startsWith('__Host-sallyport.session='));
    expect(line).toMatch(/; Secure/);
    expect(line).toMatch(/; Path=\//);
    expect(line).not.toMatch(/Domain/);
  });

  it('tells the form why not, and sets nothing', async () => {
    const browser = aBrowser();
    const answer = await browser.signIn({ password: 'wrong' });
    expect(answer.status).toBe(401);
    expect(new URL(answer.body?.url ?? '').searchParams.get('error')).toBe(
      'This email and password do not match an account that may sign in.',
    );
    expect(browser.cookies.has('sallyport.session')).toBe(false);
  });

  it('refuses a request without the token of the form', async () => {
    const browser = aBrowser();
    await browser.signIn({ csrfToken: 'forged' });
    expect(browser.cookies.has('sallyport.session')).toBe(false);
  });

  it('tells a script nothing about who is signed in', async () => {
    const browser = aBrowser();
    await browser.signIn();
    const { body } = await browser.ask('GET', ['session']);
    expect(Object.keys(body ?? {})).toEqual(['expires']);
  });
});

describe('signing out', () => {
  it('ends the login session, so that a copied cookie is worth nothing', async () => {
    const browser = aBrowser();
    await browser.signIn();
    const copied = browser.header();
    expect(await whoIs(ctx, copied)).toMatchObject({ ok: true });
    await browser.signOut();
    expect(browser.cookies.has('sallyport.session')).toBe(false);
    expect(await whoIs(ctx, copied)).toMatchObject({ ok: false, code: 'signed_out' });
  });

  it('does nothing for somebody else who forges it', async () => {
    const browser = aBrowser();
    await browser.signIn();
    await browser.ask('POST', ['signout'], { csrfToken: 'forged' });
    expect(await whoIs(ctx, browser.header())).toMatchObject({ ok: true });
  });
});
