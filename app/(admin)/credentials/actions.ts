'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ChangeCredentialInputSchema,
  CreateCredentialInputSchema,
  changeCredential as changeCredentialUseCase,
  createCredential as createCredentialUseCase,
  DeleteCredentialInputSchema,
  deleteCredential as deleteCredentialUseCase,
} from '#server/portal.ts';

export const createCredential = withPerson(CreateCredentialInputSchema, createCredentialUseCase);
export const changeCredential = withPerson(ChangeCredentialInputSchema, changeCredentialUseCase);
export const deleteCredential = withPerson(DeleteCredentialInputSchema, deleteCredentialUseCase);
