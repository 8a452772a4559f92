'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ApproveHostKeyInputSchema,
  approveHostKey as approveHostKeyUseCase,
  ChangeComputerInputSchema,
  CreateComputerInputSchema,
  changeComputer as changeComputerUseCase,
  createComputer as createComputerUseCase,
  ForgetHostKeyInputSchema,
  forgetHostKey as forgetHostKeyUseCase,
  ReadHostKeyInputSchema,
  readHostKey as readHostKeyUseCase,
  SetComputerDisabledInputSchema,
  setComputerDisabled as setComputerDisabledUseCase,
} from '#server/portal.ts';

export const createComputer = withPerson(CreateComputerInputSchema, createComputerUseCase);
export const changeComputer = withPerson(ChangeComputerInputSchema, changeComputerUseCase);
export const setComputerDisabled = withPerson(SetComputerDisabledInputSchema, setComputerDisabledUseCase);
export const forgetHostKey = withPerson(ForgetHostKeyInputSchema, forgetHostKeyUseCase);
export const readHostKey = withPerson(ReadHostKeyInputSchema, readHostKeyUseCase);
export const approveHostKey = withPerson(ApproveHostKeyInputSchema, approveHostKeyUseCase);
