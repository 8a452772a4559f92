// Contract: a person with their own email and password gets a login session of 12 hours. Everybody else gets one and
// the same answer after the same work. Attempts are slowed down per email and per address, never locked out, and a
// blocked attempt costs no Argon2. Every attempt leaves evidence; a flood leaves little of it.

import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditEvents, loginSessions, people } from '../../db/schema.ts';
import { aPerson, type PersonRow } from '../../db/testing/builders.ts';
import type { TestClock } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Turnstile } from '../audit/turnstile.ts';
import type { Context } from '../context.ts';
import { newId } from '../ids.ts';
import { longestQueue } from './argon2-turns.ts';
import { hashPassword } from './passwords.ts';
import { signIn } from './sign-in.ts';
import { networkOf } from './throttle.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let passwordHash: string;
let ada: PersonRow;

beforeAll(async () => {
  database = await testDatabase();
  passwordHash = await hashPassword(password);
});
afterAll(() => database.close());
beforeEach(async () => {
  ctx = database.context();
  ada = await aPerson(database.connection.db, { passwordHash, email: `ada-${newId()}@example.org` });
});

// Each call from an address of its own, unless the test is about addresses.
let nextAddress = 0;
const attempt = (given: Partial<Parameters<typeof signIn>[1]> = {}) => {
  nextAddress += 1;
  return signIn(ctx, {
    email: ada.email,
    password,
    address: `10.1.${nextAddress >> 8}.${nextAddress & 255}`,
    userAgent: 'test',
    ...given,
  });
};
const wrong = (given = {}) => attempt({ password: 'wrong', ...given });

async function lastEvents(count: number) {
  const rows = await database.connection.db
    .select()
    .from(auditEvents)
    .orderBy(desc(auditEvents.at), desc(auditEvents.seq));
  return rows.filter((row) => row.writerId === ctx.audit.writerId).slice(0, count);
}

describe('the right password', () => {
  it('opens a login session of 12 hours, with address and browser, and says so in the audit log', async () => {
    const outcome = await attempt({ email: `  ${ada.email.toUpperCase()} `, address: '192.0.2.1' });
    expect(outcome).toMatchObject({ ok: true, value: { personId: ada.id, email: ada.email, name: ada.name } });
    if (!outcome.ok) return;
    expect(outcome.value.expiresAt.getTime()).toBe(ctx.clock.now().getTime() + 12 * 3_600_000);
    const [row] = await database.connection.db
      .select()
      .from(loginSessions)
      .where(eq(loginSessions.id, outcome.value.loginSessionId));
    expect(row).toMatchObject({ personId: ada.id, address: '192.0.2.1', userAgent: 'test', revokedAt: null });
    expect(await lastEvents(1)).toMatchObject([{ kind: 'login.succeeded', actorId: ada.id }]);
  });

  it('is the same password however the keyboard composes its letters', async () => {
    const composed = await hashPassword('naïve résumé word');
    const person = await aPerson(database.connection.db, { passwordHash: composed });
    expect(await attempt({ email: person.email, password: 'naïve résumé word'.normalize('NFD') })).toMatchObject({
      ok: true,
    });
  });
});

describe('anything else', () => {
  it.each([
    ['unknown', { email: 'nobody@example.org' }],
    ['password', { password: 'wrong' }],
    ['password', { password: '' }],
    ['password', { password: `${password}${'x'.repeat(100_000)}` }],
    ['unknown', { email: '' }],
    ['unknown', { email: 'a\0b' }],
    ['unknown', { email: "' or 1=1 --" }],
    ['unknown', { email: 'x'.repeat(100_000) }],
  ] as const)('is refused with the one answer, and audited as %s', async (why, given) => {
    expect(await attempt(given)).toEqual({ ok: false, code: 'sign_in_failed' });
    expect(await lastEvents(1)).toMatchObject([{ kind: 'login.failed', subject: { why } }]);
  });

  it('refuses a disabled person with the right password, in the same words', async () => {
    await database.connection.db.update(people).set({ disabledAt: new Date() }).where(eq(people.id, ada.id));
    expect(await attempt()).toEqual({ ok: false, code: 'sign_in_failed' });
    expect(await lastEvents(1)).toMatchObject([{ kind: 'login.failed', subject: { why: 'disabled' } }]);
  });

  it('refuses a person whose row holds no Argon2 hash', async () => {
    const person = await aPerson(database.connection.db, { passwordHash: '!' });
    expect(await attempt({ email: person.email, password: '!' })).toEqual({ ok: false, code: 'sign_in_failed' });
  });

  it('takes about as long for an unknown email as for a known one', { retry: 2 }, async () => {
    const time = async (email: string) => {
      const start = performance.now();
      await wrong({ email });
      return performance.now() - start;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      known.push(await time((await aPerson(database.connection.db, { passwordHash })).email));
      unknown.push(await time(`nobody-${newId()}@example.org`));
    }
    const median = (times: number[]) => times.sort((a, b) => a - b)[2]!;
    // Without the work for nothing the unknown ones are ten times quicker.
    expect(median(unknown)).toBeGreaterThan(median(known) / 3);
  });
});

describe('back-off', () => {
  const failUntilBlocked = async (given = {}) => {
    for (let count = 1; count <= 50; count += 1) {
      const outcome = await wrong(given);
      if (!outcome.ok && outcome.code === 'too_many_attempts') return { count, outcome };
    }
    throw new Error('never blocked');
  };

  it('lets five mistakes pass, then makes every next one wait longer, up to a minute', async () => {
    expect((await failUntilBlocked()).count).toBe(7);
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const outcome = await wrong();
      const seconds = Number(outcome.ok ? 0 : outcome.params?.seconds);
      waits.push(seconds);
      ctx.clock.advance(seconds * 1000);
      expect(await wrong()).toMatchObject({ code: 'sign_in_failed' });
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('refuses even the right password while it blocks, and takes it right after', async () => {
    const { outcome } = await failUntilBlocked();
    expect(await attempt()).toMatchObject({ code: 'too_many_attempts' });
    ctx.clock.advance(Number(outcome.params?.seconds) * 1000);
    expect(await attempt()).toMatchObject({ ok: true });
    expect(await wrong()).toMatchObject({ code: 'sign_in_failed' });
    expect(await wrong()).toMatchObject({ code: 'sign_in_failed' });
  });

  it('does not depend on the case of the email, and does not touch other people', async () => {
    await failUntilBlocked();
    expect(await wrong({ email: ada.email.toUpperCase() })).toMatchObject({ code: 'too_many_attempts' });
    const bob = await aPerson(database.connection.db, { passwordHash });
    expect(await attempt({ email: bob.email })).toMatchObject({ ok: true });
  });

  // Whoever has two addresses takes every moment in which the block of an account is over.
  it('does not keep the owner out where they signed in before, and lets nobody guess faster there', async () => {
    const [home, elsewhere] = ['2001:db8:7:7::1', '198.51.100.77'];
    expect(await attempt({ address: home })).toMatchObject({ ok: true });
    await failUntilBlocked();
    expect(await attempt({ address: elsewhere })).toMatchObject({ code: 'too_many_attempts' });
    expect(await attempt({ address: '2001:db8:7:7::2' })).toMatchObject({ ok: true });
    expect((await failUntilBlocked({ address: home })).count).toBe(7);
    ctx.clock.advance(31 * 24 * 3_600_000);
    await failUntilBlocked();
    expect(await attempt({ address: home })).toMatchObject({ code: 'too_many_attempts' });
  });

  it('cannot be reset by signing in to an account of one’s own in between', async () => {
    const address = '198.51.100.9';
    const own = await aPerson(database.connection.db, { passwordHash });
    for (let count = 0; count < 31; count += 1) {
      await wrong({ email: `nobody-${count}@example.org`, address });
      expect(await attempt({ email: own.email, address })).toMatchObject({ ok: true });
    }
    expect(await wrong({ email: 'nobody@example.org', address })).toMatchObject({ code: 'too_many_attempts' });
  });

  it('slows an address down that tries many emails', async () => {
    const address = '198.51.100.7';
    for (let count = 0; count < 31; count += 1) await wrong({ email: `nobody-${count}@example.org`, address });
    expect(await attempt({ address })).toMatchObject({ code: 'too_many_attempts' });
    expect(await attempt({ address: '198.51.100.8' })).toMatchObject({ ok: true });
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:ffff:0:0:1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['no address', 'no address'],
  ])('takes %s as %s: a whole /64 belongs to one', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('does not let a thousand attempts at once all pass on the same old count', async () => {
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => wrong()));
    const tried = outcomes.filter((outcome) => !outcome.ok && outcome.code === 'sign_in_failed');
    expect(tried).toHaveLength(6);
  });

  it('spends no Argon2 on blocked attempts and writes one line for all of them', async () => {
    await failUntilBlocked();
    // With both places of the process taken, whoever needs Argon2 would wait for ever.
    const turn = (globalThis as { [key: symbol]: unknown })[Symbol.for('sallyport.argon2')] as Turnstile;
    const leave = [await turn.enter(), await turn.enter()];
    for (let count = 0; count < 20; count += 1) expect(await wrong()).toMatchObject({ code: 'too_many_attempts' });
    for (const go of leave) go();
    const events = (await lastEvents(50)).filter((row) => (row.subject as { why?: string }).why === 'throttled');
    expect(events).toHaveLength(1);
  });

  it('lets only so many wait for Argon2; the others are sent away uncounted, right or wrong', async () => {
    const turn = (globalThis as { [key: symbol]: unknown })[Symbol.for('sallyport.argon2')] as Turnstile;
    const leave = [await turn.enter(), await turn.enter()];
    const crowd = Array.from({ length: longestQueue }, () => turn.enter().then((go) => go()));
    for (let count = 0; count < 20; count += 1) {
      expect(await attempt()).toEqual({ ok: false, code: 'too_many_attempts', params: { seconds: 5 } });
    }
    for (const go of leave) go();
    await Promise.all(crowd);
    expect(await attempt()).toMatchObject({ ok: true });
  });

  it('forgets after an hour of quiet', async () => {
    await failUntilBlocked();
    ctx.clock.advance(3_700_000);
    expect((await failUntilBlocked()).count).toBe(7);
  });
});
