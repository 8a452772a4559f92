/*
 * A form offers at most twenty choices, the first by name of what matches, to administrators alone. Who cannot be
 * chosen (a disabled person, who is in the group already) is not offered. Nothing that is typed is a pattern.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aComputer, aGroup, anAccessLevel, anActor, aPerson, aPolicy } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { readGrantee } from '../protocol/grantee.ts';
import {
  FindChoicesInputSchema,
  FindMemberChoicesInputSchema,
  findAccessLevelChoices,
  findComputerChoices,
  findGranteeChoices,
  findMemberChoices,
  findPolicyChoices,
} from './find-choices.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

const typed = (search: string) => FindChoicesInputSchema.parse({ search });

test('whoever is not an administrator is shown nothing', async () => {
  const { db } = database.connection;
  const actor = await anActor(db, ['user', 'approver', 'auditor']);
  const { id: groupId } = await aGroup(db);
  const outcomes = [
    await findGranteeChoices(ctx, actor, typed('')),
    await findMemberChoices(ctx, actor, { search: '', groupId }),
    await findComputerChoices(ctx, actor, typed('')),
    await findPolicyChoices(ctx, actor, typed('')),
    await findAccessLevelChoices(ctx, actor, typed('')),
  ];
  for (const outcome of outcomes) expect(outcome).toEqual({ ok: false, code: 'forbidden' });
});

describe('who a grant can be for', () => {
  test('is groups and people, told apart by what is chosen, without the disabled', async () => {
    const { db } = database.connection;
    const person = await aPerson(db, { name: 'Harbour Ann', email: 'ann@harbour.example' });
    await aPerson(db, { name: 'Harbour Gone', disabledAt: new Date() });
    const group = await aGroup(db, [], 'Harbour crew');
    const found = valueIn(await findGranteeChoices(ctx, admin, typed(' HARBOUR ')));
    expect(found.map(({ label, hint }) => [label, hint])).toEqual([
      ['Harbour crew', 'Group'],
      ['Harbour Ann', 'ann@harbour.example'],
    ]);
    expect(found.map(({ value }) => readGrantee(value))).toEqual([
      { personId: null, groupId: group.id },
      { personId: person.id, groupId: null },
    ]);
    expect(valueIn(await findGranteeChoices(ctx, admin, typed('harbour.example')))).toHaveLength(1);
  });

  test('is twenty at most, and no crowd of groups hides all people', async () => {
    const { db } = database.connection;
    for (let index = 0; index < 25; index++) {
      await aGroup(db, [], `Throng group ${index}`);
      await aPerson(db, { name: `Throng person ${index}` });
    }
    const found = valueIn(await findGranteeChoices(ctx, admin, typed('throng')));
    expect(found).toHaveLength(20);
    expect(found.filter(({ value }) => readGrantee(value).groupId)).toHaveLength(10);
    const people = valueIn(await findGranteeChoices(ctx, admin, typed('throng person')));
    expect(people.every(({ value }) => readGrantee(value).personId)).toBe(true);
    expect(people).toHaveLength(20);
  });
});

test('who can join a group is everybody enabled who is not in it', async () => {
  const { db } = database.connection;
  const [member, other] = [await aPerson(db, { name: 'Joiner one' }), await aPerson(db, { name: 'Joiner two' })];
  await aPerson(db, { name: 'Joiner three', disabledAt: new Date() });
  const { id: groupId } = await aGroup(db, [member]);
  await aGroup(db, [other]);
  const input = FindMemberChoicesInputSchema.parse({ search: 'joiner', groupId });
  expect(valueIn(await findMemberChoices(ctx, admin, input))).toEqual([
    { value: other.id, label: other.name, hint: other.email },
  ]);
});

test('computers are found by name and address and told apart by the address', async () => {
  const { db } = database.connection;
  const computer = await aComputer(db, { name: 'Choice host', server: 'choice.example', disabledAt: new Date() });
  const choice = { value: String(computer.id), label: 'Choice host', hint: 'choice.example' };
  expect(valueIn(await findComputerChoices(ctx, admin, typed('choice host')))).toEqual([choice]);
  expect(valueIn(await findComputerChoices(ctx, admin, typed('choice.example')))).toEqual([choice]);
});

test('policies and levels come in the order of their names', async () => {
  const { db } = database.connection;
  for (const name of ['Ordered b', 'ordered A', 'Ordered C']) {
    await aPolicy(db, { name });
    await anAccessLevel(db, { name, description: name.endsWith('C') ? 'Last' : '' });
  }
  const policies = valueIn(await findPolicyChoices(ctx, admin, typed('ordered')));
  expect(policies.map(({ label }) => label)).toEqual(['ordered A', 'Ordered b', 'Ordered C']);
  const levels = valueIn(await findAccessLevelChoices(ctx, admin, typed('ordered')));
  expect(levels.map(({ label, hint }) => [label, hint])).toEqual([
    ['ordered A', undefined],
    ['Ordered b', undefined],
    ['Ordered C', 'Last'],
  ]);
});

test.each(['%', '_', '\\', "'", '(select 1)'])('%j is looked for as it is', async (search) => {
  const { db } = database.connection;
  const name = `Literal ${search} here`;
  await aPolicy(db, { name });
  const found = valueIn(await findPolicyChoices(ctx, admin, typed(`literal ${search}`)));
  expect(found.map(({ label }) => label)).toEqual([name]);
});
