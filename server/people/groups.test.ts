// Contract: administrators keep the groups; who leaves one is heard of at once; a group that gave access stays as
// evidence.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../db/notify.ts';
import { auditEvents } from '../../db/schema.ts';
import { aComputer, aGrant, aGroup, anActor, aPerson } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { Outcome } from '../errors.ts';
import { type GroupId, newId, type PersonId } from '../ids.ts';
import { changeGroupMembers, createGroup, deleteGroup, getGroup, listGroups, renameGroup } from './groups.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;
beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin']);
});
afterAll(() => database.close());

const code = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.code);
const shown = async (groupId: GroupId, search = '') =>
  valueIn(await getGroup(ctx, admin, { groupId, query: listOf('name', { search }) }));
const membersOf = async (groupId: GroupId) => (await shown(groupId)).members.rows.map(({ id }) => id).sort();

const evidenceOf = async (groupId: GroupId) => {
  const rows = await database.connection.db.select().from(auditEvents);
  return rows
    .filter((row) => row.kind === 'group.members_changed' && row.subject.groupId === groupId)
    .map(({ subject }) => subject);
};

it('is the administrators’ alone', async () => {
  const other = await anActor(database.connection.db, ['user', 'approver', 'auditor']);
  const { id: groupId } = await aGroup(database.connection.db);
  expect(code(await listGroups(ctx, other, listOf('name')))).toBe('forbidden');
  expect(code(await getGroup(ctx, other, { groupId, query: listOf('name') }))).toBe('forbidden');
  expect(code(await createGroup(ctx, other, { name: 'x' }))).toBe('forbidden');
  expect(code(await renameGroup(ctx, other, { groupId, name: 'x' }))).toBe('forbidden');
  expect(code(await changeGroupMembers(ctx, other, { groupId, add: [other.person.id] }))).toBe('forbidden');
  expect(code(await deleteGroup(ctx, other, { groupId }))).toBe('forbidden');
});

describe('a group', () => {
  it('is made, renamed and deleted, with evidence of each', async () => {
    const created = await createGroup(ctx, admin, { name: '  Night shift ' });
    const groupId = created.ok ? created.value.groupId : ('' as GroupId);
    expect(code(await renameGroup(ctx, admin, { groupId, name: 'Day shift' }))).toBe('ok');
    expect(code(await renameGroup(ctx, admin, { groupId, name: 'Day shift' }))).toBe('ok');
    expect(code(await deleteGroup(ctx, admin, { groupId }))).toBe('ok');
    expect(code(await deleteGroup(ctx, admin, { groupId }))).toBe('not_found');
    const rows = await database.connection.db.select().from(auditEvents);
    const ofGroup = rows.filter((row) => row.subject.groupId === groupId).sort((a, b) => a.seq - b.seq);
    expect(ofGroup.map(({ kind, subject }) => [kind, subject.name])).toEqual([
      ['group.created', 'Night shift'],
      ['group.renamed', 'Day shift'],
      ['group.deleted', 'Day shift'],
    ]);
  });

  it('has a name of its own', async () => {
    const { name } = await aGroup(database.connection.db);
    const other = await aGroup(database.connection.db);
    expect(code(await createGroup(ctx, admin, { name: name.toUpperCase() }))).toBe('conflict');
    expect(code(await renameGroup(ctx, admin, { groupId: other.id, name }))).toBe('conflict');
    expect(await createGroup(ctx, admin, { name: ' ' })).toMatchObject({
      code: 'invalid_input',
      params: { field: 'name' },
    });
  });

  it('gets and loses members, and says who', async () => {
    const [a, b, c, d] = [
      await aPerson(database.connection.db),
      await aPerson(database.connection.db),
      await aPerson(database.connection.db),
      await aPerson(database.connection.db),
    ];
    const { id: groupId } = await aGroup(database.connection.db, [a, b]);
    const change = { groupId, add: [b.id, c.id, c.id], remove: [a.id, d.id] };
    for (let again = 0; again < 2; again++) expect(code(await changeGroupMembers(ctx, admin, change))).toBe('ok');
    expect(await membersOf(groupId)).toEqual([b.id, c.id].sort());
    expect(await evidenceOf(groupId)).toEqual([{ groupId, added: [c.id], removed: [a.id] }]);
  });

  it('tells running sessions at once when somebody leaves', async () => {
    const person = await aPerson(database.connection.db);
    const { id: groupId } = await aGroup(database.connection.db, [person]);
    let tell: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const listener = await listen(database.connection.sql, 'access_changed', tell, () => undefined);
    valueIn(await changeGroupMembers(ctx, admin, { groupId, remove: [person.id] }));
    await heard;
    await listener.stop();
  });

  it.each([newId<PersonId>(), 'no id' as PersonId])('refuses a member who is nobody (%s)', async (personId) => {
    const { id: groupId } = await aGroup(database.connection.db);
    for (const change of [{ add: [personId] }, { remove: [personId] }]) {
      const outcome = await changeGroupMembers(ctx, admin, { groupId, ...change });
      expect(code(outcome)).toBe('remove' in change && personId !== 'no id' ? 'ok' : 'invalid_input');
    }
    expect(await membersOf(groupId)).toEqual([]);
  });

  it('stays when it gave access', async () => {
    const { id: groupId } = await aGroup(database.connection.db);
    const computer = await aComputer(database.connection.db);
    await aGrant(database.connection.db, { groupId, computerId: computer.id, revokedAt: new Date() });
    expect(code(await deleteGroup(ctx, admin, { groupId }))).toBe('conflict');
  });

  it.each(['no id', newId()])('is not found under %s', async (id) => {
    const groupId = id as GroupId;
    expect(code(await renameGroup(ctx, admin, { groupId, name: 'x' }))).toBe('not_found');
    expect(code(await changeGroupMembers(ctx, admin, { groupId }))).toBe('not_found');
    expect(code(await getGroup(ctx, admin, { groupId, query: listOf('name') }))).toBe('not_found');
    expect(code(await deleteGroup(ctx, admin, { groupId }))).toBe('not_found');
  });
});

describe('the members of a group', () => {
  it('are paged and searched by name and email, the disabled among them', async () => {
    const { db } = database.connection;
    const people = [];
    for (let index = 0; index < 51; index++) {
      const number = String(index).padStart(2, '0');
      people.push(await aPerson(db, { name: `Member ${number}`, email: `m${number}@paged.example` }));
    }
    const gone = await aPerson(db, { name: 'Zed', disabledAt: new Date() });
    const { id: groupId } = await aGroup(db, [...people, gone]);
    const { group, members } = await shown(groupId);
    expect(group).toMatchObject({ members: 52, grants: 0 });
    expect(members).toMatchObject({ total: 52, page: 1, pages: 2 });
    expect(members.rows.map(({ name }) => name)).toEqual(people.slice(0, 50).map(({ name }) => name));
    expect((await shown(groupId, 'm17@')).members.rows).toMatchObject([{ id: people[17]?.id, disabledAt: null }]);
    expect((await shown(groupId, 'zed')).members.rows).toMatchObject([{ disabledAt: gone.disabledAt }]);
    expect((await shown(groupId, 'nobody')).members).toEqual({ rows: [], total: 0, page: 1, pages: 1 });
  });

  it('are those of this group alone', async () => {
    const { db } = database.connection;
    const [here, there] = [await aPerson(db), await aPerson(db)];
    const { id: groupId } = await aGroup(db, [here]);
    await aGroup(db, [here, there]);
    expect(await membersOf(groupId)).toEqual([here.id]);
  });
});

describe('the list of groups', () => {
  it('counts members and grants in force, and sorts by them', async () => {
    const { db } = database.connection;
    const [one, two] = [await aPerson(db), await aPerson(db)];
    await aGroup(db, [one, two], 'Counted both');
    const half = await aGroup(db, [one], 'Counted half');
    await aGroup(db, [], 'Counted none');
    const computer = await aComputer(db);
    await aGrant(db, { groupId: half.id, computerId: computer.id });
    await aGrant(db, { groupId: half.id, computerId: computer.id, revokedAt: new Date() });
    const rows = async (given: object) =>
      valueIn(await listGroups(ctx, admin, listOf('members', { search: 'COUNTED', ...given }))).rows.map(
        ({ name, members, grants }) => [name.slice(8), members, grants],
      );
    const upwards = [
      ['none', 0, 0],
      ['half', 1, 1],
      ['both', 2, 0],
    ];
    expect(await rows({})).toEqual(upwards);
    expect(await rows({ descending: true })).toEqual(upwards.toReversed());
    expect(await rows({ sort: 'name' })).toEqual([upwards[2], upwards[1], upwards[0]]);
  });
});
