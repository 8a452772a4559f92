'use server';

import { withPerson } from '#app/with-person.ts';
import {
  CreateGrantInputSchema,
  createGrant as createGrantUseCase,
  RevokeGrantInputSchema,
  revokeGrant as revokeGrantUseCase,
} from '#server/portal.ts';

export const createGrant = withPerson(CreateGrantInputSchema, createGrantUseCase);
export const revokeGrant = withPerson(RevokeGrantInputSchema, revokeGrantUseCase);
