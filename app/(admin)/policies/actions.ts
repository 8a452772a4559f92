'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ChangePolicyInputSchema,
  CreatePolicyInputSchema,
  changePolicy as changePolicyUseCase,
  createPolicy as createPolicyUseCase,
} from '#server/portal.ts';

export const createPolicy = withPerson(CreatePolicyInputSchema, createPolicyUseCase);
export const changePolicy = withPerson(ChangePolicyInputSchema, changePolicyUseCase);
