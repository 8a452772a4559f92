'use server';

import { withPerson } from '#app/with-person.ts';
import { ConnectComputerInputSchema, connectComputer } from '#server/portal.ts';

export const connect = withPerson(ConnectComputerInputSchema, connectComputer);
