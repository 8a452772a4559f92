/*
 * A grant connects one person or one group with a computer under a policy, for a time. It is never deleted, only
 * revoked; both are evidence. What is not ticked in a policy is denied.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../db/notify.ts';
import { aComputer, aGrant, aGroup, anAccessLevel, anActor, aPerson, aPolicy } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import type { ComputerId, GrantId, PolicyId } from '../ids.ts';
import type { ListQuery } from '../protocol/list-query.ts';
import type { GrantSort } from '../protocol/list-sorts.ts';
import { CreateGrantInputSchema, createGrant, type GrantRow, listGrants, revokeGrant } from './grants.ts';
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

async function listed(given: Partial<ListQuery<GrantSort>> = {}): Promise<GrantRow[]> {
  return valueIn(await listGrants(ctx, admin, listOf('computer', given))).rows;
}

async function rowOf(grantId: GrantId) {
  return (await listed()).find((row) => row.grantId === grantId);
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
      accessLevel: null,
      startsAt: null,
      endsAt: null,
      revokedAt: null,
    });
    const subject = { grantId, computerId, personId: person.id, groupId: null, policyId, accessLevelId: null };
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

  test('at an access level says so in the list and in the log', async () => {
    const { id: personId } = await aPerson(database.connection.db);
    const level = await anAccessLevel(database.connection.db);
    const { grantId } = valueIn(await grant({ personId, accessLevelId: level.id }));
    expect(await rowOf(grantId)).toMatchObject({ accessLevel: { accessLevelId: level.id, name: level.name } });
    expect((await evidenceOf(grantId))[0]?.[1]).toMatchObject({ policyId, accessLevelId: level.id });
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
    ['accessLevelId', { personId: 'real', accessLevelId: unknown }],
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
    [{ personId: unknown, accessLevelId: 'root' }, 'Choose one from the list.'],
    [{ personId: unknown, computerId: '' }, 'Choose either a computer or an AWS record.'],
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
    const order = (await listed()).map((row) => row.grantId);
    expect(order.indexOf(first)).toBeGreaterThan(order.indexOf(second));
    expect(await revokeGrant(ctx, admin, { grantId: unknown as GrantId })).toMatchObject({ code: 'not_found' });
  });
});

describe('the list of grants', () => {
  test('finds words in whom, where, under what, at which level and in which state, all of them', async () => {
    const { db } = database.connection;
    const computer = await aComputer(db, { name: 'Quarry host' });
    const policy = await aPolicy(db, { name: 'Quarry strict' });
    const level = await anAccessLevel(db, { name: 'Quarry root' });
    const person = await aPerson(db, { name: 'Quinn Quarry', email: 'qq@quarry.example' });
    const group = await aGroup(db, [], 'Quarry crew');
    const base = { computerId: computer.id, policyId: policy.id };
    const now = ctx.clock.now().getTime();
    const rows = {
      person: await aGrant(db, { ...base, personId: person.id }),
      group: await aGrant(db, { ...base, groupId: group.id, accessLevelId: level.id }),
      ended: await aGrant(db, { ...base, groupId: group.id, endsAt: new Date(now) }),
      later: await aGrant(db, { ...base, groupId: group.id, startsAt: new Date(now + 1) }),
      revoked: await aGrant(db, { ...base, groupId: group.id, revokedAt: new Date(now) }),
    };
    const found = async (search: string) => {
      const ids = new Set((await listed({ search })).map(({ grantId }) => grantId));
      return Object.entries(rows).flatMap(([name, { id }]) => (ids.has(id) ? [name] : []));
    };
    expect(await found('QUARRY')).toEqual(['person', 'group', 'ended', 'later', 'revoked']);
    expect(await found('quarry.example')).toEqual(['person']);
    expect(await found('crew root')).toEqual(['group']);
    expect(await found('quarry strict standard in force')).toEqual(['person']);
    expect(await found('crew in force')).toEqual(['group']);
    expect(await found('crew ended')).toEqual(['ended']);
    expect(await found('crew starts later')).toEqual(['later']);
    expect(await found('crew revoked')).toEqual(['revoked']);
    expect(await found('quarry elsewhere')).toEqual([]);
  });

  test('sorts by each column, no start first and no end last, and the revoked after all others', async () => {
    const { db } = database.connection;
    const at = (hours: number) => new Date(ctx.clock.now().getTime() + hours * hourMs);
    const make = async (name: string, times: object) => {
      const { id: groupId } = await aGroup(db, [], `Orderly ${name}`);
      await aGrant(db, { groupId, computerId, ...times });
    };
    await make('b', { startsAt: at(1), endsAt: at(3) });
    await make('c', { startsAt: null, endsAt: at(2) });
    await make('a', { startsAt: at(2), endsAt: null });
    await make('0', { startsAt: null, endsAt: null, revokedAt: at(0) });
    const order = async (given: Partial<ListQuery<GrantSort>>) =>
      (await listed({ search: 'orderly', ...given })).map((row) => row.group?.name.slice(-1)).join('');
    expect(await order({ sort: 'who' })).toBe('abc0');
    expect(await order({ sort: 'who', descending: true })).toBe('cba0');
    expect(await order({ sort: 'from' })).toBe('cba0');
    expect(await order({ sort: 'from', descending: true })).toBe('abc0');
    expect(await order({ sort: 'until' })).toBe('cba0');
    expect(await order({ sort: 'until', descending: true })).toBe('abc0');
  });

  test('pages two thousand grants without overlap', async () => {
    const { db } = database.connection;
    const { id: personId } = await aPerson(db, { name: 'Many Granted' });
    await database.connection.sql`
      insert into grants (id, person_id, computer_id, policy_id)
      select gen_random_uuid(), ${personId}, ${computerId}, ${policyId} from generate_series(1, 2000)`;
    const seen = new Set<string>();
    for (let page = 1; page <= 40; page++) {
      const shown = valueIn(await listGrants(ctx, admin, listOf('computer', { search: 'many granted', page })));
      expect(shown).toMatchObject({ total: 2000, pages: 40, page });
      for (const { grantId } of shown.rows) seen.add(grantId);
    }
    expect(seen.size).toBe(2000);
  });
});

describe('a policy', () => {
  test('denies what is not ticked and records unless told otherwise', async () => {
    const { policyId: id } = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse({ name: 'Strict' })));
    expect(valueIn(await listPolicies(ctx, admin, listOf('name'))).rows).toContainEqual({
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
      graceSeconds: 60,
      idleTimeoutMinutes: null,
      maxDurationMinutes: null,
      allowSnooping: false,
      tellWatched: true,
      retentionDays: null,
      aws: null,
      grants: 0,
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

  test('says when sessions end, who may look at them, and how long recordings are kept', async () => {
    const given = {
      name: 'Short shift',
      graceSeconds: '0',
      idleTimeoutMinutes: '15',
      maxDurationMinutes: '480',
      allowSnooping: true,
      tellWatched: false,
      retentionDays: '30',
    };
    const { policyId: id } = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse(given)));
    const shown = async () => valueIn(await listPolicies(ctx, admin, listOf('name', { search: given.name }))).rows[0];
    const numbers = { graceSeconds: 0, idleTimeoutMinutes: 15, maxDurationMinutes: 480, retentionDays: 30 };
    expect(await shown()).toMatchObject({ ...numbers, allowSnooping: true, tellWatched: false });
    const none = { ...given, policyId: id, idleTimeoutMinutes: '', maxDurationMinutes: null, retentionDays: '' };
    valueIn(await changePolicy(ctx, admin, ChangePolicyInputSchema.parse(none)));
    expect(await shown()).toMatchObject({ idleTimeoutMinutes: null, maxDurationMinutes: null, retentionDays: null });
    expect((await evidenceOf(id)).at(-1)).toEqual([
      'policy.changed',
      { policyId: id, fields: ['idleTimeoutMinutes', 'maxDurationMinutes', 'retentionDays'] },
    ]);
  });

  test.each([
    ['graceSeconds', '86401'],
    ['graceSeconds', '-1'],
    ['idleTimeoutMinutes', '0'],
    ['idleTimeoutMinutes', '1441'],
    ['maxDurationMinutes', '1.5'],
    ['maxDurationMinutes', 'soon'],
    ['retentionDays', '36501'],
  ])('refuses %s of %s beside its field', (field, value) => {
    const parsed = CreatePolicyInputSchema.safeParse({ name: 'Odd', [field]: value });
    expect(parsed.error?.issues).toMatchObject([{ path: [field], message: expect.stringContaining('whole number') }]);
  });

  test('says whether people may use credentials of their own, and whether one at a time', async () => {
    const given = { name: 'One at a time', allowPersonal: false, exclusiveCheckOut: true };
    const { policyId: id } = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse(given)));
    const shown = async () => valueIn(await listPolicies(ctx, admin, listOf('name', { search: given.name }))).rows[0];
    expect(await shown()).toMatchObject(given);
    const other = { ...given, policyId: id, allowPersonal: true, exclusiveCheckOut: false };
    valueIn(await changePolicy(ctx, admin, ChangePolicyInputSchema.parse(other)));
    expect(await shown()).toMatchObject({ allowPersonal: true, exclusiveCheckOut: false });
    expect((await evidenceOf(id)).at(-1)).toEqual([
      'policy.changed',
      { policyId: id, fields: ['allowPersonal', 'exclusiveCheckOut'] },
    ]);
  });

  test('says what may be called on AWS, as lines of text or as rules, and whether that changed', async () => {
    const aws = {
      allow: 's3:Get*  arn:aws:s3:::reports/*\n\n ec2:Describe*',
      deny: 'ec2:DescribeInstances',
      unknown: 'deny',
      credentials: 'deny',
      repeats: 'refuse',
    };
    const given = { name: 'Reports', aws };
    const { policyId: id } = valueIn(await createPolicy(ctx, admin, CreatePolicyInputSchema.parse(given)));
    const shown = async () => valueIn(await listPolicies(ctx, admin, listOf('name', { search: 'reports' }))).rows[0];
    const rules = {
      ...aws,
      allow: [
        { operation: 's3:Get*', resource: 'arn:aws:s3:::reports/*' },
        { operation: 'ec2:Describe*', resource: '*' },
      ],
      deny: [{ operation: 'ec2:DescribeInstances', resource: '*' }],
    };
    expect((await shown())?.aws).toEqual(rules);
    const before = await evidenceOf(id);
    valueIn(await changePolicy(ctx, admin, ChangePolicyInputSchema.parse({ ...given, aws: rules, policyId: id })));
    expect(await evidenceOf(id)).toEqual(before);
    valueIn(
      await changePolicy(ctx, admin, ChangePolicyInputSchema.parse({ name: 'Reports', aws: null, policyId: id })),
    );
    expect((await shown())?.aws).toBeNull();
    expect((await evidenceOf(id)).at(-1)).toEqual(['policy.changed', { policyId: id, fields: ['aws'] }]);
  });

  test.each([
    ['s3'],
    ['s3:Get Object with more'],
    ['s3:Get* resource with more'],
    ['(s3|ec2):Get'],
    [`s3:Get* ${'x'.repeat(513)}`],
    [Array.from({ length: 201 }, () => 's3:*').join('\n')],
  ])('refuses rules such as %s', (allow) => {
    const parsed = CreatePolicyInputSchema.safeParse({ name: 'Odd', aws: { allow } });
    expect(parsed.error?.issues[0]?.path.slice(0, 2)).toEqual(['aws', 'allow']);
  });

  test('is listed with how many grants name it, and sorted by that', async () => {
    const { db } = database.connection;
    const [idle, busy] = [await aPolicy(db, { name: 'Tally idle' }), await aPolicy(db, { name: 'Tally busy' })];
    const { id: personId } = await aPerson(db);
    await aGrant(db, { personId, computerId, policyId: busy.id });
    await aGrant(db, { personId, computerId, policyId: idle.id, revokedAt: new Date() });
    const query = listOf('grants', { search: 'tally', descending: true });
    const { rows } = valueIn(await listPolicies(ctx, admin, query));
    expect(rows.map(({ policyId: id, grants }) => [id, grants])).toEqual([
      [busy.id, 1],
      [idle.id, 0],
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
    await listGrants(ctx, actor, listOf('computer')),
    await createPolicy(ctx, actor, CreatePolicyInputSchema.parse({ name: 'Mine' })),
    await changePolicy(ctx, actor, ChangePolicyInputSchema.parse({ policyId, name: 'Mine', recording: 'off' })),
    await listPolicies(ctx, actor, listOf('name')),
  ];
  for (const outcome of outcomes) expect(outcome).toEqual({ ok: false, code: 'forbidden' });
  expect((await rowOf(grantId))?.revokedAt).toBeNull();
});
