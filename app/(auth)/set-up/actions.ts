'use server';

import { z } from 'zod';
import { textField } from '#app/input.ts';
import { withVisitor } from '#app/with-person.ts';
import { IdentitySchema, setUpInstallation } from '#server/portal.ts';

const tokenProblem = 'This page needs the whole set-up link that Sallyport printed when it started.';

export const setUp = withVisitor(
  IdentitySchema.extend({ token: z.string().min(1, tokenProblem).max(200, tokenProblem), password: textField }),
  setUpInstallation,
);
