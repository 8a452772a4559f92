'use server';

import { z } from 'zod';
import { withPerson } from '#app/with-person.ts';
import { type SessionId, terminateSession } from '#server/portal.ts';

const sessionIdField = z.uuid('Choose a session from the list.').transform((id) => id as SessionId);

export const terminate = withPerson(z.object({ sessionId: sessionIdField }), terminateSession);
