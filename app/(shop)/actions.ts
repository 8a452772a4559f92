'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ConnectChoicesInputSchema,
  ConnectComputerInputSchema,
  connectComputer,
  listConnectChoices,
  SetFavoriteComputerInputSchema,
  setFavoriteComputer as setFavoriteComputerUseCase,
} from '#server/portal.ts';

export const connect = withPerson(ConnectComputerInputSchema, connectComputer);
export const connectChoices = withPerson(ConnectChoicesInputSchema, listConnectChoices);
export const setFavoriteComputer = withPerson(SetFavoriteComputerInputSchema, setFavoriteComputerUseCase);
