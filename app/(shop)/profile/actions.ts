'use server';

import { z } from 'zod';
import { loginSessionIdField, textField } from '#app/input.ts';
import { withPerson } from '#app/with-person.ts';
import {
  ChangeCredentialInputSchema,
  CreateCredentialInputSchema,
  changeOwnPassword,
  changePersonalCredential,
  createPersonalCredential,
  DeletePersonalCredentialInputSchema,
  deletePersonalCredential,
  revokeLogin,
} from '#server/portal.ts';

export const changePassword = withPerson(z.object({ current: textField, next: textField }), changeOwnPassword);
export const endLogin = withPerson(z.object({ loginSessionId: loginSessionIdField }), revokeLogin);
export const createCredential = withPerson(CreateCredentialInputSchema, createPersonalCredential);
export const changeCredential = withPerson(ChangeCredentialInputSchema, changePersonalCredential);
export const deleteCredential = withPerson(DeletePersonalCredentialInputSchema, deletePersonalCredential);
