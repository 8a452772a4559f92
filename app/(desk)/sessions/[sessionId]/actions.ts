'use server';

import { withPerson } from '#app/with-person.ts';
import {
  SendEndSessionAgainInputSchema,
  sendEndSessionAgain,
  TerminateSessionInputSchema,
  terminateSession,
} from '#server/portal.ts';

export const sendEndAgain = withPerson(SendEndSessionAgainInputSchema, sendEndSessionAgain);
export const terminate = withPerson(TerminateSessionInputSchema, terminateSession);
