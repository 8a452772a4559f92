'use server';

import { withPerson } from '#app/with-person.ts';
import { RequestSessionInputSchema, requestSession } from '#server/portal.ts';

export const connect = withPerson(RequestSessionInputSchema, requestSession);
