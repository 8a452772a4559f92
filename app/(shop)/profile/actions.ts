'use server';

import { z } from 'zod';
import { loginSessionIdField, textField } from '#app/input.ts';
import { cookieHeader, withPerson } from '#app/with-person.ts';
import {
  ChangeCredentialInputSchema,
  CreateCredentialInputSchema,
  CredentialInputSchema,
  changeOwnPassword,
  changePersonalCredential,
  createPersonalCredential,
  deletePersonalCredential,
  FindChoicesInputSchema,
  FindReferenceChoicesInputSchema,
  findOwnReferenceChoices,
  findOwnTestPlaces,
  publicUrl,
  readUnlockCookie,
  revokeLogin,
  SetFavoriteInputSchema,
  setOwnCredentialFavorite,
  TestOwnCredentialInputSchema,
  testOwnCredential,
} from '#server/portal.ts';

export const changePassword = withPerson(z.object({ current: textField, next: textField }), changeOwnPassword);
export const endLogin = withPerson(z.object({ loginSessionId: loginSessionIdField }), revokeLogin);
export const createCredential = withPerson(CreateCredentialInputSchema, createPersonalCredential);
export const changeCredential = withPerson(ChangeCredentialInputSchema, changePersonalCredential);
export const deleteCredential = withPerson(CredentialInputSchema, deletePersonalCredential);
export const setFavorite = withPerson(SetFavoriteInputSchema, setOwnCredentialFavorite);
export const findReferences = withPerson(FindReferenceChoicesInputSchema, findOwnReferenceChoices);
export const findTestPlaces = withPerson(FindChoicesInputSchema, findOwnTestPlaces);

/** The master password, where it is given, goes no further than this request. */
export const testCredential = withPerson(TestOwnCredentialInputSchema, async (ctx, actor, input) => {
  const unlockCookie = readUnlockCookie(await cookieHeader(), publicUrl());
  return testOwnCredential(ctx, actor, { ...input, unlockCookie });
});
