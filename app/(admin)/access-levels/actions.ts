'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ChangeAccessLevelInputSchema,
  CreateAccessLevelInputSchema,
  changeAccessLevel as changeAccessLevelUseCase,
  createAccessLevel as createAccessLevelUseCase,
  DeleteAccessLevelInputSchema,
  deleteAccessLevel as deleteAccessLevelUseCase,
} from '#server/portal.ts';

export const createAccessLevel = withPerson(CreateAccessLevelInputSchema, createAccessLevelUseCase);
export const changeAccessLevel = withPerson(ChangeAccessLevelInputSchema, changeAccessLevelUseCase);
export const deleteAccessLevel = withPerson(DeleteAccessLevelInputSchema, deleteAccessLevelUseCase);
