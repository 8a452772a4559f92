'use server';

import { z } from 'zod';
import { withPerson } from '#app/with-person.ts';
import {
  AddComputerCredentialInputSchema,
  ApproveHostKeyInputSchema,
  addComputerCredential as addComputerCredentialUseCase,
  approveHostKey as approveHostKeyUseCase,
  ChangeComputerInputSchema,
  ConfirmTargetInputSchema,
  CreateComputerInputSchema,
  changeComputer as changeComputerUseCase,
  checkImport as checkImportUseCase,
  confirmTarget as confirmTargetUseCase,
  createComputer as createComputerUseCase,
  exportComputers as exportComputersUseCase,
  FindChoicesInputSchema,
  ForgetHostKeyInputSchema,
  findAccessLevelChoices as findAccessLevelChoicesUseCase,
  findCredentialChoices as findCredentialChoicesUseCase,
  forgetHostKey as forgetHostKeyUseCase,
  ImportComputersInputSchema,
  importComputers as importComputersUseCase,
  ReadHostKeyInputSchema,
  RemoveComputerCredentialInputSchema,
  readHostKey as readHostKeyUseCase,
  removeComputerCredential as removeComputerCredentialUseCase,
  SetComputerDisabledInputSchema,
  setComputerDisabled as setComputerDisabledUseCase,
} from '#server/portal.ts';

export const createComputer = withPerson(CreateComputerInputSchema, createComputerUseCase);
export const changeComputer = withPerson(ChangeComputerInputSchema, changeComputerUseCase);
export const setComputerDisabled = withPerson(SetComputerDisabledInputSchema, setComputerDisabledUseCase);
export const addComputerCredential = withPerson(AddComputerCredentialInputSchema, addComputerCredentialUseCase);
export const removeComputerCredential = withPerson(
  RemoveComputerCredentialInputSchema,
  removeComputerCredentialUseCase,
);
export const confirmTarget = withPerson(ConfirmTargetInputSchema, confirmTargetUseCase);
export const checkImport = withPerson(ImportComputersInputSchema, checkImportUseCase);
export const importComputers = withPerson(ImportComputersInputSchema, importComputersUseCase);
export const exportComputers = withPerson(z.object({}), exportComputersUseCase);
export const findCredentialChoices = withPerson(FindChoicesInputSchema, findCredentialChoicesUseCase);
export const findAccessLevelChoices = withPerson(FindChoicesInputSchema, findAccessLevelChoicesUseCase);
export const forgetHostKey = withPerson(ForgetHostKeyInputSchema, forgetHostKeyUseCase);
export const readHostKey = withPerson(ReadHostKeyInputSchema, readHostKeyUseCase);
export const approveHostKey = withPerson(ApproveHostKeyInputSchema, approveHostKeyUseCase);
