'use server';

import { z } from 'zod';
import { groupIdField, personIdField, textField } from '#app/input.ts';
import { withPerson } from '#app/with-person.ts';
import {
  changeGroupMembers,
  createGroup as createGroupUseCase,
  deleteGroup as deleteGroupUseCase,
  FindMemberChoicesInputSchema,
  findMemberChoices as findMemberChoicesUseCase,
  renameGroup as renameGroupUseCase,
} from '#server/portal.ts';

export const createGroup = withPerson(z.object({ name: textField }), createGroupUseCase);
export const renameGroup = withPerson(z.object({ groupId: groupIdField, name: textField }), renameGroupUseCase);
export const deleteGroup = withPerson(z.object({ groupId: groupIdField }), deleteGroupUseCase);

const MembershipSchema = z.object({ groupId: groupIdField, personId: personIdField });
export const addMember = withPerson(MembershipSchema, (ctx, actor, { groupId, personId }) =>
  changeGroupMembers(ctx, actor, { groupId, add: [personId] }),
);
export const removeMember = withPerson(MembershipSchema, (ctx, actor, { groupId, personId }) =>
  changeGroupMembers(ctx, actor, { groupId, remove: [personId] }),
);
export const findMemberChoices = withPerson(FindMemberChoicesInputSchema, findMemberChoicesUseCase);
