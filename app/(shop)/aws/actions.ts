'use server';

import { withPerson } from '#app/with-person.ts';
import {
  CreateApiTokenInputSchema,
  createApiToken,
  RevokeApiTokenInputSchema,
  readTokenUse,
  revokeApiToken,
} from '#server/portal.ts';

/** The master password goes no further than this request; the token's secret is in its answer alone. */
export const makeToken = withPerson(CreateApiTokenInputSchema, createApiToken);
export const revokeToken = withPerson(RevokeApiTokenInputSchema, revokeApiToken);
export const askTokenUse = withPerson(RevokeApiTokenInputSchema, readTokenUse);
