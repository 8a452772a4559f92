/*
 * From Connect to the proof that a bridge asks for. A ticket is worth something once, for thirty seconds, to the person
 * and the very sign-in it was issued to, while the session waits and the right still holds. Everything else is refused in
 * a plain code, leaves evidence, and never throws.
 */
import { createHash, randomBytes } from 'node:crypto';
import { eq, lte } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { markEnded, markOpening } from '../../db/queries/sessions.ts';
import { sessions, tickets } from '../../db/schema.ts';
import { aComputer, aGrant, aGroup, aPerson, aPolicy, type PersonRow } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Context } from '../context.ts';
import { type ComputerGuid, type ComputerId, newId, type SessionId, type WriterId } from '../ids.ts';
import { issueTicket } from './issue-ticket.ts';
import { redeemTicket } from './redeem-ticket.ts';
import { requestedAs } from './testing/launching.ts';
import { type SignedIn, signIn } from './testing/signed-in.ts';
import { newTicket } from './ticket.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let person: PersonRow;
let alice: SignedIn;
let computer: { id: ComputerId; guid: ComputerGuid; name: string };
let grantId: string;

beforeAll(async () => {
  database = await testDatabase();
});

beforeEach(async () => {
  const { db } = database.connection;
  ctx = testContext(database.connection);
  person = await aPerson(db);
  alice = await signIn(ctx, person);
  computer = await aComputer(db, { server: 'db1.example', port: 2222 });
  const policy = await aPolicy(db, { allowCopy: true });
  grantId = (await aGrant(db, { personId: person.id, computerId: computer.id, policyId: policy.id })).id;
});

afterAll(() => database.close());

async function requested(by: SignedIn = alice): Promise<SessionId> {
  return requestedAs(ctx, by.actor, computer.guid);
}

async function issued(sessionId?: SessionId, by: SignedIn = alice): Promise<string> {
  return valueIn(await issueTicket(ctx, by.actor, { sessionId: sessionId ?? (await requested(by)) })).ticket;
}

async function redeemed(ticket: string | undefined, cookieHeader: string | undefined = alice.cookieHeader) {
  const outcome = await redeemTicket(ctx, { ticket, cookieHeader, door: 'terminal' });
  return outcome.ok ? 'ok' : outcome.code;
}

async function evidence(kind: string, by: string | null = person.id) {
  const rows = await database.connection.sql<{ session_id: string | null; subject: Record<string, unknown> }[]>`
    select session_id, subject from audit_events
    where kind = ${kind} and actor_id is not distinct from ${by} order by writer_id, seq`;
  return rows.map(({ session_id, subject }) => ({ sessionId: session_id, ...subject }));
}

async function sessionRow(id: SessionId) {
  const [row] = await database.connection.db.select().from(sessions).where(eq(sessions.id, id));
  return row!;
}

describe('a session whose credential was given', () => {
  test('waits for its ticket as long as the credential is held, with the terms that hold, and its evidence', async () => {
    const sessionId = await requested();
    const now = ctx.clock.now();
    expect(await sessionRow(sessionId)).toMatchObject({
      personId: person.id,
      loginSessionId: alice.actor.login.id,
      computerId: computer.id,
      credentialKind: 'shared',
      apiUrl: ctx.publicUrl,
      grantId,
      state: 'requested',
      mode: 'SSH',
      policy: { recording: 'required', allowCopy: true, allowPaste: false },
      requestedAt: now,
      leaseUntil: new Date(now.getTime() + 30_000),
    });
    const subject = { computerId: computer.id, mode: 'SSH', grantId };
    expect(await evidence('session.requested')).toEqual([{ sessionId, ...subject }]);
  });
});

describe('a ticket', () => {
  test('is 256 random bits of which only the hash is stored, for thirty seconds', async () => {
    const sessionId = await requested();
    const { ticket, expiresInMs } = valueIn(await issueTicket(ctx, alice.actor, { sessionId }));
    expect(Buffer.from(ticket, 'base64url')).toHaveLength(32);
    expect(expiresInMs).toBe(30_000);
    const rows = await database.connection.db.select().from(tickets).where(eq(tickets.sessionId, sessionId));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      hash: createHash('sha256').update(ticket).digest(),
      loginSessionId: alice.actor.login.id,
      expiresAt: new Date(ctx.clock.now().getTime() + 30_000),
      redeemedAt: null,
    });
    expect(JSON.stringify([await evidence('session.requested'), rows])).not.toContain(ticket);
  });

  test('redeemed gives the proof: who, where, with which credential and under which grant', async () => {
    const sessionId = await requested();
    const outcome = await redeemTicket(ctx, {
      ticket: await issued(sessionId),
      cookieHeader: alice.cookieHeader,
      door: 'terminal',
    });
    expect(valueIn(outcome)).toMatchObject({
      purpose: 'open',
      authorized: {
        sessionId,
        actor: alice.actor,
        computer: { id: computer.id, name: computer.name },
        mode: 'SSH',
        server: 'db1.example',
        port: 2222,
        grant: { id: grantId, policy: { allowCopy: true } },
      },
    });
    expect(await evidence('ticket.refused')).toEqual([]);
  });

  test('through the right of a group works like one’s own', async () => {
    const { db, sql } = database.connection;
    await sql`update grants set revoked_at = now() where id = ${grantId}`;
    const group = await aGroup(db, [person]);
    await aGrant(db, { groupId: group.id, computerId: computer.id });
    const ticket = await issued();
    expect(await redeemed(ticket)).toBe('ok');
    const late = await issued();
    await sql`delete from group_members where group_id = ${group.id}`;
    expect(await redeemed(late)).toBe('no_grant');
  });

  test('keeps with the session the terms that are enforced, should they have changed since Connect', async () => {
    const sessionId = await requested();
    const ticket = await issued(sessionId);
    await database.connection.sql`
      update policies set allow_copy = false from grants where grants.id = ${grantId} and policies.id = policy_id`;
    const redemption = valueIn(await redeemTicket(ctx, { ticket, cookieHeader: alice.cookieHeader, door: 'terminal' }));
    expect(redemption).toMatchObject({ purpose: 'open', authorized: { grant: { policy: { allowCopy: false } } } });
    expect((await sessionRow(sessionId)).policy).toMatchObject({ allowCopy: false });
  });
});

describe('a ticket is refused', () => {
  test('the second time', async () => {
    const sessionId = await requested();
    const ticket = await issued(sessionId);
    expect([await redeemed(ticket), await redeemed(ticket)]).toEqual(['ok', 'ticket_invalid']);
    expect(await evidence('ticket.refused')).toEqual([{ sessionId, code: 'ticket_invalid' }]);
  });

  test('to all but one of many that redeem it at the same moment', async () => {
    const ticket = await issued();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => redeemed(ticket)));
    expect(outcomes.sort()).toEqual(['ok', ...Array.from({ length: 7 }, () => 'ticket_invalid')]);
  });

  test('to somebody else, even with a grant of their own, and is spent by that', async () => {
    const mallory = await signIn(ctx, await aPerson(database.connection.db, { roles: ['user', 'admin', 'auditor'] }));
    await aGrant(database.connection.db, { personId: mallory.actor.person.id, computerId: computer.id });
    const sessionId = await requested();
    const ticket = await issued(sessionId);
    expect(await redeemed(ticket, mallory.cookieHeader)).toBe('ticket_invalid');
    expect(await evidence('ticket.refused', mallory.actor.person.id)).toEqual([{ sessionId, code: 'ticket_invalid' }]);
    expect(await redeemed(ticket)).toBe('ticket_invalid');
    expect(await redeemed(await issued(sessionId))).toBe('ok');
  });

  test('to another sign-in of the same person', async () => {
    const elsewhere = await signIn(ctx, person);
    expect(await redeemed(await issued(), elsewhere.cookieHeader)).toBe('ticket_invalid');
  });

  test('without a cookie, with a broken one, or after signing out', async () => {
    for (const cookieHeader of ['', 'sallyport.session=broken', `${alice.cookieHeader}x`]) {
      expect(await redeemed(await issued(), cookieHeader)).toBe('not_signed_in');
    }
    const outcome = await redeemTicket(ctx, { ticket: await issued(), cookieHeader: undefined, door: 'terminal' });
    expect(outcome).toEqual({ ok: false, code: 'not_signed_in' });
    const ticket = await issued();
    await database.connection.sql`update login_sessions set revoked_at = now() where id = ${alice.actor.login.id}`;
    expect(await redeemed(ticket)).toBe('signed_out');
    expect(await evidence('ticket.refused', null)).toHaveLength(5);
  });

  test('after thirty seconds, and not a millisecond before', async () => {
    const [early, late] = [await issued(), await issued()];
    ctx.clock.advance(29_999);
    expect(await redeemed(early)).toBe('ok');
    ctx.clock.advance(1);
    expect(await redeemed(late)).toBe('ticket_invalid');
  });

  test('when the session was opened already, or has ended', async () => {
    const { db } = database.connection;
    const sessionId = await requested();
    const [first, second] = [await issued(sessionId), await issued(sessionId)];
    const lease = { gatewayId: newId<WriterId>(), leaseUntil: ctx.clock.now() };
    expect(await markOpening(db, sessionId, lease)).toBe(true);
    expect(await redeemed(first)).toBe('session_ended');
    await markEnded(db, sessionId, { reason: 'closed', endedAt: ctx.clock.now() });
    expect(await redeemed(second)).toBe('session_ended');
  });

  test.each([
    ['grant_revoked', 'grants', 'revoked_at'],
    ['computer_disabled', 'computers', 'disabled_at'],
  ])('with %s when that happened since it was issued', async (code, table, column) => {
    const ticket = await issued();
    const { sql } = database.connection;
    const id = table === 'grants' ? grantId : computer.id;
    await sql`update ${sql(table)} set ${sql(column)} = ${ctx.clock.now().toISOString()} where id = ${id}`;
    expect(await redeemed(ticket)).toBe(code);
  });

  test('with grant_ended when its end came since it was issued', async () => {
    const endsAt = new Date(ctx.clock.now().getTime() + 10_000);
    const short = await aComputer(database.connection.db);
    await aGrant(database.connection.db, { personId: person.id, computerId: short.id, endsAt });
    const ticket = await issued(await requestedAs(ctx, alice.actor, short.guid));
    ctx.clock.set(endsAt);
    expect(await redeemed(ticket)).toBe('grant_ended');
  });

  test('to a person who was disabled', async () => {
    const ticket = await issued();
    await database.connection.sql`update people set disabled_at = now() where id = ${person.id}`;
    expect(await redeemed(ticket)).toBe('person_disabled');
  });

  test('whatever garbage it is', async () => {
    const good = await issued();
    const garbage = [
      undefined,
      '',
      'x',
      good.slice(1),
      `${good}A`,
      `${good}=`,
      ` ${good}`,
      '💥'.repeat(43),
      '\0'.repeat(43),
    ];
    const odd = [null, 7, {}, [good], Symbol.iterator] as unknown as string[];
    for (const ticket of [...garbage, ...odd]) expect(await redeemed(ticket)).toBe('ticket_invalid');
    for (let i = 0; i < 5; i++) expect(await redeemed(randomBytes(32).toString('base64url'))).toBe('ticket_invalid');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (ticket) => {
        expect(await redeemed(ticket)).toBe('ticket_invalid');
      }),
      { numRuns: 15 },
    );
    expect(await redeemed(good)).toBe('ok');
  });

  test('and leaves no evidence when we never issued it, so that strangers cannot fill the disk with it', async () => {
    const [{ n: before } = { n: 0 }] = await database.connection.sql`select count(*) as n from audit_events`;
    for (const cookieHeader of [undefined, alice.cookieHeader]) {
      for (let i = 0; i < 5; i++) await redeemTicket(ctx, { ticket: newTicket(), cookieHeader, door: 'terminal' });
    }
    const [{ n: after } = { n: 0 }] = await database.connection.sql`select count(*) as n from audit_events`;
    expect(after).toBe(before);
  });

  test('again and again, with one line of evidence for all of it', async () => {
    const sessionId = await requested();
    const ticket = await issued(sessionId);
    expect(await redeemed(ticket)).toBe('ok');
    for (let i = 0; i < 5; i++) expect(await redeemed(ticket)).toBe('ticket_invalid');
    expect(await evidence('ticket.refused')).toEqual([{ sessionId, code: 'ticket_invalid' }]);
  });
});

describe('no ticket is issued', () => {
  test('for a session of somebody else, which looks like none at all', async () => {
    const sessionId = await requested();
    const admin = await signIn(ctx, await aPerson(database.connection.db, { roles: ['admin', 'auditor'] }));
    expect(await issueTicket(ctx, admin.actor, { sessionId })).toEqual({ ok: false, code: 'not_found' });
    const nothing = { sessionId: newId<SessionId>() };
    expect(await issueTicket(ctx, alice.actor, nothing)).toEqual({ ok: false, code: 'not_found' });
    expect(await evidence('ticket.refused', admin.actor.person.id)).toEqual([{ sessionId, code: 'not_found' }]);
  });

  test('in another sign-in than the one that asked, or signing out would not end what runs', async () => {
    const sessionId = await requested();
    const elsewhere = await signIn(ctx, person);
    expect(await issueTicket(ctx, elsewhere.actor, { sessionId })).toEqual({ ok: false, code: 'not_found' });
  });

  test('for a session that ended, or when the right is gone', async () => {
    const ended = await requested();
    await markEnded(database.connection.db, ended, { reason: 'abandoned', endedAt: ctx.clock.now() });
    expect(await issueTicket(ctx, alice.actor, { sessionId: ended })).toEqual({ ok: false, code: 'session_ended' });
    const sessionId = await requested();
    await database.connection.sql`update grants set revoked_at = now() where id = ${grantId}`;
    expect(await issueTicket(ctx, alice.actor, { sessionId })).toEqual({ ok: false, code: 'grant_revoked' });
  });

  test('and expired ones do not pile up', async () => {
    await issued();
    ctx.clock.advance(30_000);
    await issued();
    const { db } = database.connection;
    expect(await db.select().from(tickets).where(lte(tickets.expiresAt, ctx.clock.now()))).toHaveLength(0);
  });
});
