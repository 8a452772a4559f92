/*
 * A grant connects one person or one group with a computer under a policy, for a time. It is never deleted, only
 * revoked; both are evidence. What is not ticked in a policy is denied.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../db/notify.ts';
import { aComputer, aGroup, anActor, aPerson, aPolicy } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import type { ComputerId, GrantId, PolicyId } from '../ids.ts';
import { CreateGrantInputSchema, createGrant, listGrants, revokeGrant } from './grants.ts';
import {
  ChangePolicyInputSchema,
  CreatePolicyInputSchema,
  changePolicy,
  createPolicy,
  listPolicies,
} from './policies.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;
let computerId: ComputerId;
let policyId: PolicyId;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  const { db } = database.connection;
  admin = await anActor(db, ['admin']);
  computerId = (await aComputer(db)).id;
  policyId = (await aPolicy(db)).id;
});

afterAll(() => database.close());

const unknown = '01900000-0000-7000-8000-000000000000';
const hourMs = 3_600_000;
const later = (ms: number) => new Date(ctx.clock.now().getTime() + ms).toISOString();

function grant(given: Record<string, unknown>) {
  return createGrant(ctx, admin, CreateGrantInputSchema.parse({ computerId, policyId, ...given }));
}

async function rowOf(grantId: GrantId) {
  return valueIn(await listGrants(ctx, admin)).find((row) => row.grantId === grantId);
}

async function evidenceOf(id: string) {
  const rows = await database.connection.sql<{ kind: string; subject: object }[]>`
    select kind, subject from audit_events where subject::text like ${`%${id}%`} order by writer_id, seq`;
  return rows.map(({ kind, subject }) => [kind, subject]);
}

describe('a grant', () => {
  test('for a person is listed with everybody’s names and is evidence', async () => {
    const person = await aPerson(database.connection.db);
    const { grantId } = valueIn(await grant({ personId: person.id, groupId: '' }));
    expect(await rowOf(grantId)).toMatchObject({
      person: { personId: person.id, name: person.name, email: person.email },
      group: null,
      computer: { computerId },
      policy: { policyId },
      startsAt: null,
      endsAt: null,
      revokedAt: null,
    });
    const subject = { grantId, computerId, personId: person.id, groupId: null };
    expect(await evidenceOf(grantId)).toEqual([['grant.created', subject]]);
  });

  test('for a group, from then to then, keeps the moments whatever the zone they were typed in', async () => {
    const group = await aGroup(database.connection.db);
    const times = { startsAt: '2030-01-02T10:00:00+02:00', endsAt: '2030-01-02T10:00:00Z' };
    const { grantId } = valueIn(await grant({ groupId: group.id, ...times }));
    expect(await rowOf(grantId)).toMatchObject({
      group: { groupId: group.id, name: group.name },
      person: null,
      startsAt: new Date('2030-01-02T08:00:00Z'),
      endsAt: new Date('2030-01-02T10:00:00Z'),
    });
  });

  test('with an end in the past is refused at its field, to the millisecond', async () => {
    const { id: personId } = await aPerson(database.connection.db);
    expect(await grant({ personId, endsAt: later(0) })).toMatchObject({
      code: 'invalid_input',
      params: { field: 'endsAt' },
    });
    expect((await grant({ personId, endsAt: later(1) })).ok).toBe(true);
  });

  test.each([
    ['personId', { personId: unknown }],
    ['groupId', { groupId: unknown }],
    ['policyId', { personId: 'real', policyId: unknown }],
    ['computerId', { personId: 'real', computerId: 999_999 }],
  ])('whose %s is gone is a conflict that names the field', async (field, given) => {
    const personId = 'personId' in given && given.personId === 'real' ? (await aPerson(database.connection.db)).id : '';
    const outcome = await grant({ ...given, ...(personId && { personId }) });
    expect(outcome).toMatchObject({ code: 'conflict', params: { field } });
    expect(!outcome.ok && sentenceOf(outcome)).toContain('Choose another from the list.');
  });

  test.each([
    [{}, 'Choose either a person or a group.'],
    [{ personId: unknown, groupId: unknown }, 'Choose either a person or a group.'],
    [{ personId: 'x' }, 'Choose one from the list.'],
    [{ personId: unknown, policyId: '' }, 'Choose a policy from the list.'],
    [{ personId: unknown, computerId: '' }, 'Choose a computer from the list.'],
    [{ personId: unknown, startsAt: 'tomorrow' }, 'Enter a date and a time.'],
    [{ personId: unknown, startsAt: '0000-01-01T00:00:00Z' }, 'Enter a date and a time.'],
    [{ personId: unknown, startsAt: new Date(-8.64e15) }, 'Enter a date and a time.'],
    [{ personId: unknown, endsAt: new Date(8.64e15) }, 'Enter a date and a time.'],
    [{ personId: unknown, startsAt: hour(2), endsAt: hour(1) }, 'The end must be after the start.'],
    [{ personId: unknown, startsAt: hour(1), endsAt: hour(1) }, 'The end must be after the start.'],
  ])('a form with %j is answered in words', (given, says) => {
    const parsed = CreateGrantInputSchema.safeParse({ computerId: 1, policyId: unknown, ...given });
    expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(says);
  });
});

function hour(hours: number): Date {
  return new Date(Date.UTC(2030, 0, 1) + hours * hourMs);
}

describe('revoking', () => {
  test('dates the grant once, tells the gateway whose it was, and is evidence once', async () => {
    const { id: personId } = await aPerson(database.connection.db);
    const { grantId } = valueIn(await grant({ personId }));
    let tell: (payload: object) => void = () => undefined;
    const heard = new Promise<object>((resolve) => {
      tell = resolve;
    });
    const listener = await listen(database.connection.sql, 'access_changed', tell, () => undefined);
    valueIn(await revokeGrant(ctx, admin, { grantId }));
    expect(await heard).toEqual({ personId });
    await listener.stop();
    expect((await rowOf(grantId))?.revokedAt).toEqual(ctx.clock.now());
    valueIn(await revokeGrant(ctx, admin, { grantId }));
    expect((await evidenceOf(grantId)).map(([kind]) => kind)).toEqual(['grant.created', 'grant.revoked']);
  });

  test('lists it after those in force; an unknown one is not found', async () => {
    const { id: personId } = await aPerson(database.connection.db);
    const first = valueIn(await grant({ personId })).grantId;
    const second = valueIn(await grant({ personId })).grantId;
    valueIn(await revokeGrant(ctx, admin, { grantId: first }));
    const order = valueIn(await listGrants(ctx, admin)).map((row) => row.grantId);
    expect(order.indexOf(first)).toBeGreaterThan(order.indexOf(second));
    expect(await revokeGrant(ctx, admin, { grantId: unknown as GrantId })).toMatchObject({ code: 'not_found' });
  });
});

describe('a policy', () => {
  test('denies what is not ticked and records unless told otherwise', async () => {
    const { policyId: id } = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse({ name: 'Strict' })));
    expect(valueIn(await listPolicies(ctx, admin))).toContainEqual({
      policyId: id,
      name: 'Strict',
      allowPersonal: true,
      exclusiveCheckOut: false,
      recording: 'required',
      recordInput: false,
      allowCopy: false,
      allowPaste: false,
      trustFirstHostKey: false,
      masterPassword: 'each_time',
    });
  });

  test('changed: the audit log names the fields; unchanged: it says nothing', async () => {
    const { policyId: id } = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse({ name: 'Loose' })));
    const change = ChangePolicyInputSchema.parse({ policyId: id, name: 'Loose', recording: 'off', allowPaste: true });
    for (let again = 0; again < 2; again++) valueIn(await changePolicy(ctx, admin, change));
    expect(await evidenceOf(id)).toEqual([
      ['policy.created', { policyId: id, name: 'Loose' }],
      ['policy.changed', { policyId: id, fields: ['recording', 'allowPaste'] }],
    ]);
  });

  test('by a name that is taken is a conflict, new or renamed; an unknown one is not found', async () => {
    valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse({ name: 'One' })));
    const two = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse({ name: 'Two' })));
    const taken = { ok: false, code: 'conflict', params: { field: 'name' } };
    expect(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse({ name: 'one' }))).toMatchObject(taken);
    const rename = ChangePolicyInputSchema.parse({ policyId: two.policyId, name: 'ONE' });
    expect(await changePolicy(ctx, admin, rename)).toMatchObject(taken);
    const lost = ChangePolicyInputSchema.parse({ policyId: unknown, name: 'Lost' });
    expect(await changePolicy(ctx, admin, lost)).toMatchObject({ code: 'not_found' });
  });
});

test('whoever is not an administrator is refused everything', async () => {
  const actor = await anActor(database.connection.db, ['user', 'approver', 'auditor']);
  const { grantId } = valueIn(await grant({ personId: actor.person.id }));
  const mine = CreateGrantInputSchema.parse({ computerId, policyId, personId: actor.person.id });
  const outcomes = [
    await createGrant(ctx, actor, mine),
    await revokeGrant(ctx, actor, { grantId }),
    await listGrants(ctx, actor),
    await createPolicy(ctx, actor, CreatePolicyInputSchema.parse({ name: 'Mine' })),
    await changePolicy(ctx, actor, ChangePolicyInputSchema.parse({ policyId, name: 'Mine', recording: 'off' })),
    await listPolicies(ctx, actor),
  ];
  for (const outcome of outcomes) expect(outcome).toEqual({ ok: false, code: 'forbidden' });
  expect((await rowOf(grantId))?.revokedAt).toBeNull();
});
