// Contract: people and groups stand in one field, so that nobody has to say first which of the two it is; what was
// chosen is told apart again.
import { expect, it } from 'vitest';
import { groupAsGrantee, readGrantee } from './grantee.ts';

const id = '01900000-0000-7000-8000-000000000000';

it.each([
  ['a person', id, { personId: id, groupId: null }],
  ['a group', groupAsGrantee(id), { personId: null, groupId: id }],
  ['nobody', '', { personId: null, groupId: null }],
])('reads %s', (_, chosen, grantee) => {
  expect(readGrantee(chosen)).toEqual(grantee);
});
