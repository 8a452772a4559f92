import { z } from 'zod';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { NameSchema } from '../inventory/input-fields.ts';
import { roles } from '../protocol/session-words.ts';

/** Emails are kept in lower case: people type them in any. */
const EmailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'Enter an email address of at most 254 characters.')
  .pipe(z.email('Enter an email address, such as ada@example.com.'));

const RolesSchema = z
  .array(z.enum(roles))
  .min(1, 'Choose at least one role.')
  .transform((chosen) => roles.filter((role) => chosen.includes(role)));

export const IdentitySchema = z.object({ name: NameSchema, email: EmailSchema });
export const PersonFieldsSchema = IdentitySchema.extend({ roles: RolesSchema });

/** Checks input where it is used as well: the demo and the set-up call these use cases without a form. */
export function readFields<S extends z.ZodType>(schema: S, input: unknown): Outcome<z.output<S>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const field = issue?.path[0];
  return refuse('invalid_input', {
    problem: issue?.message ?? 'Check what you entered.',
    ...(field === undefined ? {} : { field: String(field) }),
  });
}

export const emailTaken: Refusal = refuse('conflict', {
  problem: 'Somebody else has this email address already. Use another one.',
  field: 'email',
});

export function passwordRefused(problem: string, field: string): Refusal {
  return refuse('invalid_input', { problem, field });
}
