'use server';

import { withPerson } from '#app/with-person.ts';
import {
  CreateGrantInputSchema,
  createGrant as createGrantUseCase,
  FindChoicesInputSchema,
  findAccessLevelChoices as findAccessLevelChoicesUseCase,
  findAwsRecordGrantChoices,
  findComputerChoices as findComputerChoicesUseCase,
  findGranteeChoices as findGranteeChoicesUseCase,
  findPolicyChoices as findPolicyChoicesUseCase,
  RevokeGrantInputSchema,
  revokeGrant as revokeGrantUseCase,
} from '#server/portal.ts';

export const createGrant = withPerson(CreateGrantInputSchema, createGrantUseCase);
export const revokeGrant = withPerson(RevokeGrantInputSchema, revokeGrantUseCase);
export const findGranteeChoices = withPerson(FindChoicesInputSchema, findGranteeChoicesUseCase);
export const findComputerChoices = withPerson(FindChoicesInputSchema, findComputerChoicesUseCase);
export const findAwsRecordChoices = withPerson(FindChoicesInputSchema, findAwsRecordGrantChoices);
export const findPolicyChoices = withPerson(FindChoicesInputSchema, findPolicyChoicesUseCase);
export const findAccessLevelChoices = withPerson(FindChoicesInputSchema, findAccessLevelChoicesUseCase);
