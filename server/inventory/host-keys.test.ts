/*
 * A host key is pinned at its first approved use, by whom the policy or their role lets approve it, for one address. A
 * pinned key is never overwritten: another one is a conflict until an administrator forgets the first.
 */
import { createHash, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findHostKey, insertHostKey } from '../../db/queries/host-keys.ts';
import { people, policies } from '../../db/schema.ts';
import { aComputer, aGrant, anActor, aPolicy, aSession } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import { forgetHostKey, listHostKeys, pinHostKey } from './host-keys.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

function aKey() {
  const publicKey = randomBytes(51);
  const digest = createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '');
  return { keyType: 'ssh-ed25519', publicKey: Uint8Array.from(publicKey), fingerprint: `SHA256:${digest}` };
}

/** What a redeemed ticket would give: only what pinning looks at. */
async function aConnection(actor: Actor, server: string, trustFirstHostKey = true): Promise<AuthorizedConnection> {
  const { db } = database.connection;
  const policy = await aPolicy(db, { trustFirstHostKey });
  const { id: computerId } = await aComputer(db);
  const grant = await aGrant(db, { personId: actor.person.id, computerId, policyId: policy.id });
  const session = await aSession(db, actor, { computerId, grantId: grant.id });
  return {
    actor,
    grant: { ...grant, policy },
    server,
    port: 22,
    credentialId: null,
    sessionId: session.id,
  } as unknown as AuthorizedConnection;
}

describe('pinning', () => {
  test('by a person whose policy trusts the first key keeps the key, who and in which session', async () => {
    const actor = await anActor(database.connection.db);
    const connection = await aConnection(actor, 'first.example');
    const key = aKey();
    valueIn(await pinHostKey(ctx, connection, key));
    expect(await findHostKey(database.connection.db, 'first.example', 22)).toMatchObject({
      ...key,
      publicKey: Buffer.from(key.publicKey),
    });
    expect(valueIn(await listHostKeys(ctx, admin, listOf('address'))).rows).toContainEqual({
      server: 'first.example',
      port: 22,
      keyType: key.keyType,
      fingerprint: key.fingerprint,
      pinnedAt: ctx.clock.now(),
      pinnedBy: { personId: actor.person.id, name: actor.person.name },
    });
    const evidence = await database.connection.sql`
      select kind, actor_id, session_id, subject from audit_events where subject ->> 'server' = 'first.example'`;
    expect([...evidence]).toEqual([
      {
        kind: 'host_key.pinned',
        actor_id: actor.person.id,
        session_id: connection.sessionId,
        subject: { server: 'first.example', port: 22, fingerprint: key.fingerprint, keyType: key.keyType },
      },
    ]);
  });

  test('is refused when the policy does not trust first keys, unless an administrator connects', async () => {
    const actor = await anActor(database.connection.db);
    const key = aKey();
    const strict = await aConnection(actor, 'strict.example', false);
    expect(await pinHostKey(ctx, strict, key)).toEqual({ ok: false, code: 'forbidden' });
    expect(await findHostKey(database.connection.db, 'strict.example', 22)).toBeUndefined();
    valueIn(await pinHostKey(ctx, await aConnection(admin, 'strict.example', false), key));
  });

  test('is refused when the right to it was taken away while the question stood on the screen', async () => {
    const { db } = database.connection;
    const former = await anActor(db, ['admin']);
    const asAdmin = await aConnection(former, 'stale.example', false);
    await db
      .update(people)
      .set({ roles: ['user'] })
      .where(eq(people.id, former.person.id));
    expect(await pinHostKey(ctx, asAdmin, aKey())).toEqual({ ok: false, code: 'forbidden' });
    const actor = await anActor(db);
    const trusting = await aConnection(actor, 'stale.example');
    await db.update(policies).set({ trustFirstHostKey: false }).where(eq(policies.id, trusting.grant.policy.id));
    expect(await pinHostKey(ctx, trusting, aKey())).toEqual({ ok: false, code: 'forbidden' });
    expect(await findHostKey(db, 'stale.example', 22)).toBeUndefined();
  });

  test('the same key again is no change; another key is a conflict and the first stays', async () => {
    const connection = await aConnection(admin, 'again.example');
    const key = aKey();
    for (let again = 0; again < 2; again++) valueIn(await pinHostKey(ctx, connection, key));
    expect(await pinHostKey(ctx, connection, aKey())).toMatchObject({ code: 'conflict' });
    const pinned = await findHostKey(database.connection.db, 'again.example', 22);
    expect(pinned?.fingerprint).toBe(key.fingerprint);
  });

  test('of two different keys approved at once, one is pinned', async () => {
    const connection = await aConnection(admin, 'race.example');
    const outcomes = await Promise.all([pinHostKey(ctx, connection, aKey()), pinHostKey(ctx, connection, aKey())]);
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)).sort()).toEqual(['conflict', 'ok']);
  });
});

describe('forgetting', () => {
  test('lets another key be pinned, and is evidence of which one went', async () => {
    const connection = await aConnection(admin, 'moved.example');
    const [before, after] = [aKey(), aKey()];
    valueIn(await pinHostKey(ctx, connection, before));
    valueIn(await forgetHostKey(ctx, admin, { server: 'moved.example', port: 22 }));
    valueIn(await pinHostKey(ctx, connection, after));
    const evidence = await database.connection.sql<{ kind: string; fingerprint: string }[]>`
      select kind, subject ->> 'fingerprint' as fingerprint from audit_events
      where subject ->> 'server' = 'moved.example' order by seq`;
    expect(evidence.map(({ kind, fingerprint }) => [kind, fingerprint])).toEqual([
      ['host_key.pinned', before.fingerprint],
      ['host_key.forgotten', before.fingerprint],
      ['host_key.pinned', after.fingerprint],
    ]);
  });

  test('an address without a key is not found; another port is another address', async () => {
    valueIn(await pinHostKey(ctx, await aConnection(admin, 'ports.example'), aKey()));
    expect(await forgetHostKey(ctx, admin, { server: 'ports.example', port: 2222 })).toMatchObject({
      code: 'not_found',
    });
  });

  test('is for administrators, and so is the list', async () => {
    const actor = await anActor(database.connection.db, ['user', 'auditor', 'approver']);
    valueIn(await pinHostKey(ctx, await aConnection(admin, 'kept.example'), aKey()));
    expect(await forgetHostKey(ctx, actor, { server: 'kept.example', port: 22 })).toEqual({
      ok: false,
      code: 'forbidden',
    });
    expect(await listHostKeys(ctx, actor, listOf('address'))).toEqual({ ok: false, code: 'forbidden' });
    expect(await findHostKey(database.connection.db, 'kept.example', 22)).toBeDefined();
  });
});

describe('the list of host keys', () => {
  test('finds addresses with their port, fingerprints, types and who approved them; each row on one page', async () => {
    const { db } = database.connection;
    const approver = await anActor(db, ['admin'], { name: 'Listing Approver' });
    for (let port = 1; port <= 52; port++) {
      const pinned = { server: 'listed.example', port, pinnedBy: approver.person.id, pinnedAt: new Date(port * 1000) };
      await insertHostKey(db, { ...aKey(), ...pinned });
    }
    const shown = async (search: string, given: object = {}) =>
      valueIn(await listHostKeys(ctx, admin, listOf('address', { search, ...given })));
    const ports = async (search: string, given: object = {}) =>
      (await shown(search, given)).rows.map(({ port }) => port);
    expect(await ports('listed.example:52')).toEqual([52]);
    expect(await ports('listing approver ssh-ed25519 example:7')).toEqual([7]);
    const [row] = (await shown('listed.example:9')).rows;
    expect(await ports(row?.fingerprint ?? '')).toEqual([9]);
    expect(await ports('listed.example elsewhere')).toEqual([]);

    const both = [...(await ports('listed.example')), ...(await ports('listed.example', { page: 2 }))];
    expect(both).toEqual(Array.from({ length: 52 }, (_, index) => index + 1));
    expect(await ports('listed.example', { sort: 'pinned', descending: true, page: 2 })).toEqual([2, 1]);
  });
});
