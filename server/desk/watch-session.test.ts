// Contract: an auditor gets a ticket to look where policy and identity API agree; it is good once, for them alone, at the
// door of those who look; each refusal leaves evidence. The wall lists what they may look at, and nothing else.
import { eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditEvents, grants, policies, sessions, tickets } from '../../db/schema.ts';
import { aComputer, aGrant, aPerson, aPolicy, aSession } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Context } from '../context.ts';
import type { Outcome } from '../errors.ts';
import { newId, type SessionId } from '../ids.ts';
import { issueTicket } from '../launch/issue-ticket.ts';
import { redeemTicket } from '../launch/redeem-ticket.ts';
import { type SignedIn, signIn } from '../launch/testing/signed-in.ts';
import { authorizePicture } from './authorize-picture.ts';
import { listWall, mayWatch, watchSession } from './watch-session.ts';

let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let owner: SignedIn;
let auditor: SignedIn;
let other: SignedIn;
let admin: SignedIn;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  const { db } = database.connection;
  ctx = testContext(database.connection);
  await db.update(sessions).set({ state: 'ended', endReason: 'closed', endedAt: new Date() });
  owner = await signIn(ctx, await aPerson(db, { name: 'Olga Owner' }));
  auditor = await signIn(ctx, await aPerson(db, { roles: ['auditor'] }));
  other = await signIn(ctx, await aPerson(db, { roles: ['auditor'] }));
  admin = await signIn(ctx, await aPerson(db, { roles: ['admin'] }));
});
afterAll(() => database.close());

async function running(
  { by = owner, ...given }: Partial<typeof sessions.$inferInsert> & { by?: SignedIn } = {},
  rules: Partial<typeof policies.$inferInsert> = {},
): Promise<SessionId> {
  const { db } = database.connection;
  const computer = await aComputer(db);
  const { id: policyId } = await aPolicy(db, { allowSnooping: true, ...rules });
  const { id: grantId } = await aGrant(db, { personId: by.actor.person.id, computerId: computer.id, policyId });
  const what = {
    computerId: computer.id,
    grantId,
    state: 'active',
    allowsSnooping: true,
    openedAt: new Date(),
  } as const;
  return (await aSession(db, by.actor, { ...what, ...given })).id;
}

const code = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.code);
const redeemed = async (ticket: string, { cookieHeader }: SignedIn, door: 'terminal' | 'watch' = 'watch') =>
  redeemTicket(ctx, { ticket, cookieHeader, door });
const evidence = async (sessionId: SessionId) =>
  (await database.connection.db.select().from(auditEvents).where(eq(auditEvents.sessionId, sessionId))).map(
    ({ kind, actorId, subject }) => [kind, actorId, subject],
  );

describe('a ticket to look', () => {
  it('gives the proof: who looks at what, and whether its person is told', async () => {
    for (const tellWatched of [true, false]) {
      const sessionId = await running({}, { tellWatched });
      const { ticket } = valueIn(await watchSession(ctx, auditor.actor, { sessionId }));
      expect(valueIn(await redeemed(ticket, auditor))).toEqual({
        purpose: 'watch',
        authorized: { sessionId, actor: auditor.actor, isTold: tellWatched },
      });
      expect(code(await redeemed(ticket, auditor))).toBe('ticket_invalid');
    }
  });

  it('is kept as a hash, for whom it is', async () => {
    const sessionId = await running();
    await watchSession(ctx, auditor.actor, { sessionId });
    const rows = await database.connection.db.select().from(tickets).where(eq(tickets.sessionId, sessionId));
    const whose = { viewerId: auditor.actor.person.id, loginSessionId: auditor.actor.login.id };
    expect(rows).toMatchObject([{ purpose: 'watch', redeemedAt: null, ...whose }]);
  });

  it('is no good in other hands, at the other door, or later, and spent by the attempt', async () => {
    const sessionId = await running();
    const issue = async () => valueIn(await watchSession(ctx, auditor.actor, { sessionId })).ticket;
    for (const [by, door] of [
      [other, 'watch'],
      [owner, 'watch'],
      [owner, 'terminal'],
      [auditor, 'terminal'],
    ] as const) {
      const ticket = await issue();
      expect(code(await redeemed(ticket, by, door))).not.toBe('ok');
      expect(code(await redeemed(ticket, auditor))).toBe('ticket_invalid');
    }
    const late = await issue();
    ctx.clock.advance(30_000);
    expect(code(await redeemed(late, auditor))).toBe('ticket_invalid');
  });

  it('opens nothing once the right is gone between ticket and door', async () => {
    const { db } = database.connection;
    const sessionId = await running();
    const { ticket } = valueIn(await watchSession(ctx, auditor.actor, { sessionId }));
    const granted = db.select({ id: grants.policyId }).from(grants);
    const its = granted.innerJoin(sessions, eq(sessions.grantId, grants.id)).where(eq(sessions.id, sessionId));
    await db.update(policies).set({ allowSnooping: false }).where(inArray(policies.id, its));
    expect(code(await redeemed(ticket, auditor))).toBe('not_watchable');
  });

  it('of somebody who works in a session opens no look', async () => {
    const sessionId = await running();
    const { ticket } = valueIn(await issueTicket(ctx, owner.actor, { sessionId }));
    expect(code(await redeemed(ticket, owner, 'watch'))).toBe('ticket_invalid');
  });
});

describe('a refusal', () => {
  it('tells why, leaves evidence, and to a stranger nothing', async () => {
    const stranger = await signIn(ctx, await aPerson(database.connection.db));
    const sessionId = await running();
    for (const [who, expected] of [
      [stranger, 'not_found'],
      [owner, 'forbidden'],
      [admin, 'forbidden'],
    ] as const) {
      expect(code(await watchSession(ctx, who.actor, { sessionId }))).toBe(expected);
      expect(code(await mayWatch(ctx, who.actor, { sessionId }))).toBe(expected);
      expect(await evidence(sessionId)).toContainEqual(['ticket.refused', who.actor.person.id, { code: expected }]);
    }
    expect(await watchSession(ctx, auditor.actor, { sessionId: newId() })).toEqual({ ok: false, code: 'not_found' });
  });

  it.each([
    ['its policy', {}, { allowSnooping: false }, 'not_watchable'],
    ['its identity API', { allowsSnooping: false }, {}, 'not_watchable'],
    ['an identity API that said nothing', { allowsSnooping: null }, {}, 'not_watchable'],
    ['its state', { state: 'opening' }, {}, 'not_running'],
  ] as const)('comes by %s', async (_, given, rules, expected) => {
    const sessionId = await running(given, rules);
    expect(code(await watchSession(ctx, auditor.actor, { sessionId }))).toBe(expected);
    const wish = { cookieHeader: auditor.cookieHeader, sessionId };
    expect(code(await authorizePicture(ctx, wish))).toBe(expected);
  });

  it('comes to an auditor in their own session', async () => {
    const sessionId = await running({ by: auditor });
    expect(code(await watchSession(ctx, auditor.actor, { sessionId }))).toBe('own_recording');
    expect(code(await watchSession(ctx, other.actor, { sessionId }))).toBe('ok');
  });
});

describe('the wall', () => {
  it('lists what the auditor may look at, and knows of the rest only that it runs', async () => {
    const seen = await running();
    await running({}, { allowSnooping: false });
    await running({ by: auditor });
    await running({ state: 'opening' });
    const { tiles, running: count } = valueIn(await listWall(ctx, auditor.actor));
    expect(tiles).toEqual([
      { sessionId: seen, person: 'Olga Owner', computer: expect.any(String), openedAt: expect.any(String) },
    ]);
    expect(count).toBe(3);
  });

  it('is for auditors', async () => {
    for (const who of [owner, admin]) expect(code(await listWall(ctx, who.actor))).toBe('forbidden');
  });

  it('gives a picture to whoever may look, by their cookie', async () => {
    const sessionId = await running();
    const allowed = await authorizePicture(ctx, { cookieHeader: auditor.cookieHeader, sessionId });
    expect(valueIn(allowed)).toEqual({ sessionId, actor: auditor.actor, isTold: true });
    expect(code(await authorizePicture(ctx, { cookieHeader: undefined, sessionId }))).toBe('not_signed_in');
    expect(code(await authorizePicture(ctx, { cookieHeader: admin.cookieHeader, sessionId }))).toBe('forbidden');
    expect(code(await authorizePicture(ctx, { cookieHeader: auditor.cookieHeader, sessionId: newId() }))).toBe(
      'not_found',
    );
  });
});
