/**
 * Contract: a server action is reached by anybody who can send a request. What was sent is read before anybody is asked
 * who they are, and who they are is looked up at every call; nothing that breaks inside is told to the browser. A page for
 * somebody who is signed in sends everybody else to the sign-in, and from there only to a path of ours.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { aPerson } from '#db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '#db/testing/database.ts';
import type { Context } from '#server/context.ts';
import { refuse } from '#server/errors.ts';
import { signIn } from '#server/launch/testing/signed-in.ts';
import { currentActor, pageValue, withPerson, withVisitor } from './with-person.ts';

// The request of Next, which there is none of here.
let sent: Headers;
vi.mock('next/headers', () => ({ headers: async () => sent }));

const contextKey = Symbol.for('sallyport.portal-context');
let database: TestDatabase;
let ctx: Context;
let cookie: string;
let personId: string;
let loginId: string;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  Object.assign(globalThis, { [contextKey]: Promise.resolve(ctx) });
  const person = await aPerson(ctx.connection.db);
  const signedIn = await signIn(ctx, person);
  ({ cookieHeader: cookie } = signedIn);
  personId = person.id;
  loginId = signedIn.actor.login.id;
});
beforeEach(() => {
  sent = new Headers({ cookie });
});
afterAll(async () => {
  Reflect.deleteProperty(globalThis, contextKey);
  await database?.close();
});

const schema = z.object({ name: z.string().min(1, 'Enter a name.') });
const greet = vi.fn(async (_ctx: Context, actor: { person: { id: string } }, { name }: { name: string }) => ({
  ok: true as const,
  value: `${name} for ${actor.person.id}`,
}));

/** Where a page sends its visitor, as Next tells it by throwing. */
async function whereTo(page: () => Promise<unknown> | unknown): Promise<string> {
  try {
    await page();
  } catch (error) {
    return String((error as { digest?: string }).digest ?? error);
  }
  return 'nowhere';
}

describe('an action for a person', () => {
  beforeEach(() => {
    greet.mockClear();
  });

  test('is done for whoever the cookie stands for', async () => {
    expect(await withPerson(schema, greet)({ name: 'Ada' })).toEqual({ ok: true, value: `Ada for ${personId}` });
  });

  test('is not done with an input that is wrong, and says so by the field', async () => {
    const answer = await withPerson(schema, greet)({ name: '' });
    expect(answer).toMatchObject({ ok: false, code: 'invalid_input', fields: { name: 'Enter a name.' } });
    // Anything may be sent to it, whatever its type says.
    const anything: never[] = [null, undefined, 7, [], 'x', { name: 7 }] as never[];
    for (const input of anything) expect(await withPerson(schema, greet)(input)).toMatchObject({ ok: false });
    expect(greet).not.toHaveBeenCalled();
  });

  test.each<[string, Record<string, string>]>([
    ['no cookie', {}],
    ['another cookie', { cookie: 'theme=dark' }],
    ['a cookie that was made up', { cookie: 'sallyport.session=x.y.z' }],
  ])('is not done with %s', async (_, headers) => {
    sent = new Headers(headers);
    expect(await withPerson(schema, greet)({ name: 'Ada' })).toMatchObject({ ok: false, code: 'not_signed_in' });
    expect(greet).not.toHaveBeenCalled();
  });

  test('tells a refusal in its words, at the field it names', async () => {
    const act = withPerson(schema, async () => refuse('conflict', { field: 'name', problem: 'Taken.' }));
    expect(await act({ name: 'Ada' })).toEqual({
      ok: false,
      code: 'conflict',
      message: 'Taken.',
      fields: { name: 'Taken.' },
    });
  });

  test('that breaks says nothing of why', async () => {
    const act = withPerson(schema, async () => {
      throw new Error('password "hunter2" at 10.0.0.7');
    });
    const answer = await act({ name: 'Ada' });
    expect(answer).toMatchObject({ ok: false, code: 'unavailable' });
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|10\.0\.0\.7/);
  });

  test('is not done any more once the sign-in was ended', async () => {
    const other = await signIn(ctx, await aPerson(ctx.connection.db));
    sent = new Headers({ cookie: other.cookieHeader });
    expect(await withPerson(schema, greet)({ name: 'Ada' })).toMatchObject({ ok: true });
    await ctx.connection.sql`update login_sessions set revoked_at = now() where id = ${other.actor.login.id}`;
    expect(await withPerson(schema, greet)({ name: 'Ada' })).toMatchObject({ ok: false });
    expect(greet).toHaveBeenCalledTimes(1);
  });
});

test('an action for a visitor needs nobody, and reads its input all the same', async () => {
  sent = new Headers();
  const act = withVisitor(schema, async (_ctx, { name }) => ({ ok: true, value: name }));
  expect(await act({ name: 'Ada' })).toEqual({ ok: true, value: 'Ada' });
  expect(await act({ name: '' })).toMatchObject({ ok: false, code: 'invalid_input' });
});

describe('a page', () => {
  test('for somebody who is signed in is theirs', async () => {
    expect((await currentActor()).login.id).toBe(loginId);
  });

  test.each([
    ['/profile', '/sign-in?next=%2Fprofile'],
    ['/sessions/1?x=y', '/sign-in?next=%2Fsessions%2F1%3Fx%3Dy'],
    ['/', '/sign-in'],
    ['//evil.example', '/sign-in'],
    ['/\\evil.example', '/sign-in'],
    ['https://evil.example', '/sign-in'],
    ['/x/..//evil.example', '/sign-in'],
    ['/sign-in', '/sign-in'],
    ['/api/auth/signout', '/sign-in'],
  ])('at %s sends a stranger to %s', async (path, to) => {
    sent = new Headers({ 'x-sallyport-path': path });
    expect(await whereTo(() => currentActor())).toContain(`;${to};`);
    expect(await whereTo(() => currentActor(path))).toContain(`;${to};`);
  });

  test('shows what there is, and the same page for what is not there and what is not to be seen', async () => {
    expect(pageValue({ ok: true, value: 7 })).toBe(7);
    const hidden = await whereTo(() => pageValue(refuse('forbidden')));
    expect(hidden).toBe(await whereTo(() => pageValue(refuse('not_found'))));
    expect(hidden).toContain('404');
    expect(await whereTo(() => pageValue(refuse('signed_out')))).toContain('/sign-in');
    expect(await whereTo(() => pageValue(refuse('unavailable')))).toContain('not available right now');
  });
});
