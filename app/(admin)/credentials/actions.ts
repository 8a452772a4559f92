'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ChangeCredentialInputSchema,
  CreateCredentialInputSchema,
  CredentialInputSchema,
  changeCredential as changeCredentialUseCase,
  createCredential as createCredentialUseCase,
  deleteCredential as deleteCredentialUseCase,
  FindReferenceChoicesInputSchema,
  FindTestPlacesInputSchema,
  findReferenceChoices as findReferenceChoicesUseCase,
  findTestPlaces as findTestPlacesUseCase,
  SetFavoriteInputSchema,
  setCredentialFavorite,
  TestCredentialInputSchema,
  testCredential as testCredentialUseCase,
} from '#server/portal.ts';

export const createCredential = withPerson(CreateCredentialInputSchema, createCredentialUseCase);
export const changeCredential = withPerson(ChangeCredentialInputSchema, changeCredentialUseCase);
export const deleteCredential = withPerson(CredentialInputSchema, deleteCredentialUseCase);
export const setFavorite = withPerson(SetFavoriteInputSchema, setCredentialFavorite);
export const findReferences = withPerson(FindReferenceChoicesInputSchema, findReferenceChoicesUseCase);
export const testCredential = withPerson(TestCredentialInputSchema, testCredentialUseCase);
export const findTestPlaces = withPerson(FindTestPlacesInputSchema, findTestPlacesUseCase);
