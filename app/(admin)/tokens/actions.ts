'use server';

import { withPerson } from '#app/with-person.ts';
import { RevokeApiTokenInputSchema, revokeApiToken } from '#server/portal.ts';

export const revokeToken = withPerson(RevokeApiTokenInputSchema, revokeApiToken);
