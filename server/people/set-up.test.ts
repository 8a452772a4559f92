// Contract: whoever holds the set-up link makes the first administrator, once, within a day; from then on there is no
// set-up, whatever links are still about. The token is in no row and in no line of evidence.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { people } from '../../db/schema.ts';
import { aPerson } from '../../db/testing/builders.ts';
import type { TestClock } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Context } from '../context.ts';
import { createSetUpLink, setUpInstallation } from './set-up.ts';
import { signIn } from './sign-in.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
beforeEach(async () => {
  database = await testDatabase();
  ctx = database.context();
});
afterEach(() => database.close());

const ada = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' };
const closed = { ok: false, code: 'set_up_link_invalid' };
const newToken = async () => (await createSetUpLink(ctx)) ?? '';

describe('the set-up link', () => {
  it('makes an administrator who can sign in, and is gone', async () => {
    const token = await newToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await setUpInstallation(ctx, { token, ...ada })).toMatchObject({ ok: true });
    expect(await database.connection.db.select().from(people)).toMatchObject([{ roles: ['user', 'admin'] }]);
    expect(await signIn(ctx, { ...ada, address: null, userAgent: null })).toMatchObject({ ok: true });
    expect(await setUpInstallation(ctx, { token, ...ada, email: 'eve@example.org' })).toEqual(closed);
    expect(await createSetUpLink(ctx)).toBeUndefined();
  });

  it('works for exactly one of many at once', async () => {
    const token = await newToken();
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => setUpInstallation(ctx, { token, ...ada, email: `a${n}@example.org` })),
    );
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(await database.connection.db.select().from(people)).toHaveLength(1);
  });

  it('is good for a day', async () => {
    const token = await newToken();
    ctx.clock.advance(24 * 3_600_000 - 1);
    expect(await setUpInstallation(ctx, { token, ...ada, password: 'short' })).toMatchObject({ code: 'invalid_input' });
    ctx.clock.advance(1);
    expect(await setUpInstallation(ctx, { token, ...ada })).toEqual(closed);
  });

  it('survives a mistake in the form', async () => {
    const token = await newToken();
    expect(await setUpInstallation(ctx, { token, ...ada, password: 'short' })).toMatchObject({
      params: { field: 'password' },
    });
    expect(await setUpInstallation(ctx, { token, ...ada, email: 'x' })).toMatchObject({ params: { field: 'email' } });
    expect(await setUpInstallation(ctx, { token, ...ada })).toMatchObject({ ok: true });
  });

  it('is replaced by the next one', async () => {
    const first = await newToken();
    const second = await newToken();
    expect(await setUpInstallation(ctx, { token: first, ...ada })).toEqual(closed);
    expect(await setUpInstallation(ctx, { token: second, ...ada })).toMatchObject({ ok: true });
  });

  it('dies when an administrator exists, even a disabled one', async () => {
    const token = await newToken();
    await aPerson(database.connection.db, { roles: ['admin'], disabledAt: new Date() });
    expect(await setUpInstallation(ctx, { token, ...ada })).toEqual(closed);
  });

  it.each(['', 'x', '\0', 'A'.repeat(43), 'é'.repeat(10_000)])('is not opened by %j', async (token) => {
    await newToken();
    expect(await setUpInstallation(ctx, { token, ...ada })).toEqual(closed);
  });

  it('is stored as a hash only', async () => {
    const token = await newToken();
    await setUpInstallation(ctx, { token, ...ada });
    const rows = await database.connection
      .sql`select l::text as link, a.subject::text from set_up_links l, audit_events a`;
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(token).toString('hex'));
  });
});
