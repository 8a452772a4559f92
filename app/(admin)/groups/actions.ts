'use server';

import { z } from 'zod';
import { groupIdField, personIdField, textField } from '#app/input.ts';
import { withPerson } from '#app/with-person.ts';
import {
  createGroup as createGroupUseCase,
  deleteGroup as deleteGroupUseCase,
  renameGroup as renameGroupUseCase,
  setGroupMembers as setGroupMembersUseCase,
} from '#server/portal.ts';

export const createGroup = withPerson(z.object({ name: textField }), createGroupUseCase);
export const renameGroup = withPerson(z.object({ groupId: groupIdField, name: textField }), renameGroupUseCase);
export const deleteGroup = withPerson(z.object({ groupId: groupIdField }), deleteGroupUseCase);
export const setGroupMembers = withPerson(
  z.object({ groupId: groupIdField, personIds: z.array(personIdField).max(5000) }),
  setGroupMembersUseCase,
);
