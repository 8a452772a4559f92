// Contract: administrators keep the groups; who leaves one is heard of at once; a group that gave access stays as
// evidence.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditEvents } from '../../db/schema.ts';
import { aComputer, aGrant, aGroup, anActor, aPerson } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Actor, Context } from '../context.ts';
import type { Outcome } from '../errors.ts';
import { type GroupId, newId, type PersonId } from '../ids.ts';
import { createGroup, deleteGroup, listGroups, renameGroup, setGroupMembers } from './groups.ts';

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
const membersOf = async (groupId: GroupId) => {
  const outcome = await listGroups(ctx, admin);
  const group = outcome.ok ? outcome.value.find(({ id }) => id === groupId) : undefined;
  return group?.members.map(({ id }) => id).sort();
};

it('is the administrators’ alone', async () => {
  const other = await anActor(database.connection.db, ['user', 'approver', 'auditor']);
  const { id: groupId } = await aGroup(database.connection.db);
  expect(code(await listGroups(ctx, other))).toBe('forbidden');
  expect(code(await createGroup(ctx, other, { name: 'x' }))).toBe('forbidden');
  expect(code(await renameGroup(ctx, other, { groupId, name: 'x' }))).toBe('forbidden');
  expect(code(await setGroupMembers(ctx, other, { groupId, personIds: [] }))).toBe('forbidden');
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
    const [a, b, c] = [
      await aPerson(database.connection.db),
      await aPerson(database.connection.db),
      await aPerson(database.connection.db),
    ];
    const { id: groupId } = await aGroup(database.connection.db, [a, b]);
    expect(code(await setGroupMembers(ctx, admin, { groupId, personIds: [b.id, c.id, c.id] }))).toBe('ok');
    expect(await membersOf(groupId)).toEqual([b.id, c.id].sort());
    const rows = await database.connection.db.select().from(auditEvents);
    expect(
      rows.find((row) => row.kind === 'group.members_changed' && row.subject.groupId === groupId)?.subject,
    ).toEqual({
      groupId,
      added: [c.id],
      removed: [a.id],
    });
  });

  it.each([newId<PersonId>(), 'no id' as PersonId])('refuses a member who is nobody (%s)', async (personId) => {
    const { id: groupId } = await aGroup(database.connection.db);
    expect(code(await setGroupMembers(ctx, admin, { groupId, personIds: [personId] }))).toBe('invalid_input');
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
    expect(code(await setGroupMembers(ctx, admin, { groupId, personIds: [] }))).toBe('not_found');
    expect(code(await deleteGroup(ctx, admin, { groupId }))).toBe('not_found');
  });
});
