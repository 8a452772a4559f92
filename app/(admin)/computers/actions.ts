'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ChangeComputerInputSchema,
  CreateComputerInputSchema,
  changeComputer as changeComputerUseCase,
  createComputer as createComputerUseCase,
  ForgetHostKeyInputSchema,
  forgetHostKey as forgetHostKeyUseCase,
  SetComputerDisabledInputSchema,
  setComputerDisabled as setComputerDisabledUseCase,
} from '#server/portal.ts';

export const createComputer = withPerson(CreateComputerInputSchema, createComputerUseCase);
export const changeComputer = withPerson(ChangeComputerInputSchema, changeComputerUseCase);
export const setComputerDisabled = withPerson(SetComputerDisabledInputSchema, setComputerDisabledUseCase);
export const forgetHostKey = withPerson(ForgetHostKeyInputSchema, forgetHostKeyUseCase);
