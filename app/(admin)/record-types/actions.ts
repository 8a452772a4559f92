'use server';

import { withPerson } from '#app/with-person.ts';
import {
  addRecordField,
  ChangeRecordTypeInputSchema,
  CreateRecordTypeInputSchema,
  changeRecordField,
  changeRecordType as changeRecordTypeUseCase,
  createRecordType as createRecordTypeUseCase,
  RecordFieldInputSchema,
  RemoveRecordFieldInputSchema,
  removeRecordField,
  SetRecordTypeDisabledInputSchema,
  setRecordTypeDisabled as setRecordTypeDisabledUseCase,
} from '#server/portal.ts';

export const createRecordType = withPerson(CreateRecordTypeInputSchema, createRecordTypeUseCase);
export const changeRecordType = withPerson(ChangeRecordTypeInputSchema, changeRecordTypeUseCase);
export const setRecordTypeDisabled = withPerson(SetRecordTypeDisabledInputSchema, setRecordTypeDisabledUseCase);
export const addField = withPerson(RecordFieldInputSchema, addRecordField);
export const changeField = withPerson(RecordFieldInputSchema, changeRecordField);
export const removeField = withPerson(RemoveRecordFieldInputSchema, removeRecordField);
