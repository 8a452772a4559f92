'use server';

import { z } from 'zod';
import { withPerson } from '#app/with-person.ts';
import {
  SendEndSessionAgainInputSchema,
  type SessionId,
  sendEndSessionAgain,
  terminateSession,
} from '#server/portal.ts';

const sessionIdField = z.uuid('Choose a session from the list.').transform((id) => id as SessionId);

export const sendEndAgain = withPerson(SendEndSessionAgainInputSchema, sendEndSessionAgain);
export const terminate = withPerson(z.object({ sessionId: sessionIdField }), terminateSession);
