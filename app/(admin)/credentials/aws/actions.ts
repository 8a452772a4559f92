'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ChangeAwsRecordInputSchema,
  CheckAwsRecordInputSchema,
  CreateAwsRecordInputSchema,
  CredentialInputSchema,
  changeAwsRecord,
  checkAwsRecord,
  createAwsRecord,
  deleteCredential,
  FindReferenceChoicesInputSchema,
  findReferenceChoices,
  SetAwsEndpointInputSchema,
  SetAwsRecordDisabledInputSchema,
  setAwsEndpoint,
  setAwsRecordDisabled,
} from '#server/portal.ts';

export const createRecord = withPerson(CreateAwsRecordInputSchema, createAwsRecord);
export const changeRecord = withPerson(ChangeAwsRecordInputSchema, changeAwsRecord);
export const checkRecord = withPerson(CheckAwsRecordInputSchema, checkAwsRecord);
export const setEndpoint = withPerson(SetAwsEndpointInputSchema, setAwsEndpoint);
export const setDisabled = withPerson(SetAwsRecordDisabledInputSchema, setAwsRecordDisabled);
export const deleteRecord = withPerson(CredentialInputSchema, deleteCredential);
export const findReferences = withPerson(FindReferenceChoicesInputSchema, findReferenceChoices);
