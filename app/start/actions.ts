'use server';

import { z } from 'zod';
import { cookieHeader, withPerson } from '#app/with-person.ts';
import {
  AcceptTermsInputSchema,
  acceptTerms as acceptTermsUseCase,
  ConnectComputerInputSchema,
  connectComputer,
  type LaunchId,
  openLaunch,
} from '#server/portal.ts';

/** The way of the shop, from the tab that the session will be in. */
export const connect = withPerson(ConnectComputerInputSchema, connectComputer);
export const acceptTerms = withPerson(AcceptTermsInputSchema, acceptTermsUseCase);

const OpenSchema = z.object({
  launchId: z.uuid('This link is not complete. Start again from the shop.').transform((id) => id as LaunchId),
  password: z.string().min(1, 'Enter your master password.').max(1024, 'This is not your master password.').optional(),
});

/** Opens a launch. The master password goes on to the gateway and stays nowhere. */
export const open = withPerson(OpenSchema, async (_ctx, _actor, { launchId, password }) =>
  openLaunch({ launchId, password, cookieHeader: await cookieHeader() }),
);
