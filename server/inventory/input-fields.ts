import { z } from 'zod';
import type { ComputerId } from '../ids.ts';
import { readServerName } from './server-name.ts';

const controlCharacters = /[\p{Cc}\u2028\u2029]/u;
const oneLine = (text: string) => !controlCharacters.test(text);

// What turns the direction of a text, or is nothing to see, makes one name look like another; half a character is none.
const disguises = /[\p{Cs}\p{Bidi_Control}\u00ad\u115f\u1160\u200b\u2060-\u2064\u2800\u3164\ufeff\uffa0]/u;
const undisguised = (text: string) => !disguises.test(text);
const storable = (text: string) => !/[\0\p{Cs}]/u.test(text);

export const NameSchema = z
  .string()
  .trim()
  .min(1, 'Enter a name.')
  .max(120, 'Enter a name of at most 120 characters.')
  .refine(oneLine, 'Enter a name on one line.')
  .refine(undisguised, 'This name has characters that cannot be seen. Type it anew.');

export const DescriptionSchema = z
  .string()
  .trim()
  .max(2000, 'Enter at most 2000 characters.')
  .refine(storable, 'This text has characters that cannot be stored. Type it anew.')
  .default('');

export const ServerSchema = z.string().transform((text, context) => {
  const name = readServerName(text);
  if (name.ok) return name.server;
  context.addIssue({ code: 'custom', message: name.problem });
  return z.NEVER;
});

const portProblem = 'Enter a port between 1 and 65535; SSH is usually 22.';
export const PortSchema = z.coerce.number(portProblem).int(portProblem).min(1, portProblem).max(65535, portProblem);

/** The account at the computer. Not trimmed away inside: some systems have spaces in account names. */
export const UsernameSchema = z
  .string()
  .trim()
  .min(1, 'Enter the user name at the computer.')
  .max(256, 'Enter a user name of at most 256 characters.')
  .refine(oneLine, 'Enter a user name on one line.')
  .refine(undisguised, 'This user name has characters that cannot be seen. Type it anew.');

/** An id as a form or a link carries it. */
export function idSchema<Id extends string>(problem = 'Choose one from the list.') {
  return z.uuid(problem).transform((id) => id.toLowerCase() as Id);
}

/** An id or nothing; an empty choice of a form is nothing. */
export function optionalIdSchema<Id extends string>() {
  return z
    .union([z.literal('').transform(() => null), z.null(), idSchema<Id>()], 'Choose one from the list.')
    .default(null);
}

const computerProblem = 'Choose a computer from the list.';
export const ComputerIdSchema = z.coerce
  .number(computerProblem)
  .int(computerProblem)
  .positive(computerProblem)
  .transform((id) => id as ComputerId);

/** A computer or nothing; an empty choice of a form is nothing. */
export const OptionalComputerIdSchema = z
  .union([z.literal('').transform(() => null), z.null(), ComputerIdSchema], computerProblem)
  .default(null);

const momentProblem = 'Enter a date and a time.';
const [earliest, latest] = [new Date('1970-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59Z')];

/** A moment with its offset, as ISO 8601 text or a date; empty is none. */
export const OptionalMomentSchema = z
  .union(
    [
      z.literal('').transform(() => null),
      z.null(),
      z.date(),
      z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    ],
    momentProblem,
  )
  .refine((moment) => moment === null || (moment >= earliest && moment <= latest), momentProblem)
  .default(null);

/** A whole number within these bounds. */
export function wholeNumberSchema(min: number, max: number) {
  const problem = `Enter a whole number from ${min} to ${max}.`;
  return z.coerce.number(problem).int(problem).min(min, problem).max(max, problem);
}

/** The same or nothing; an empty field is nothing. */
export function optionalWholeNumberSchema(min: number, max: number) {
  const problem = `Enter a whole number from ${min} to ${max}, or nothing.`;
  return z.union([z.literal('').transform(() => null), z.null(), wholeNumberSchema(min, max)], problem).default(null);
}

// Secrets are taken as they are: a space at either end may belong to them.
export const PasswordSchema = z.string().max(1024, 'Enter a password of at most 1024 characters.');
export const PassphraseSchema = z.string().max(1024, 'Enter a passphrase of at most 1024 characters.');
export const PrivateKeySchema = z.string().max(32 * 1024, 'This is too long for a private key.');
