import { z } from 'zod';
import type { CredentialId, RecordTypeId } from '../ids.ts';
import { awsPartitions } from '../protocol/aws-words.ts';
import { FieldValuesInputSchema } from './field-values.ts';
import { DescriptionSchema, idSchema, NameSchema, optionalIdSchema } from './input-fields.ts';

const keyIdProblem = 'Enter an access key id: letters, digits, “-” and “_”, such as AKIAIOSFODNN7EXAMPLE.';
const AccessKeyIdSchema = z
  .string()
  .trim()
  .regex(/^[\w-]{3,128}$/, keyIdProblem);
// Keys and tokens of AWS stand in headers: what has blanks or line breaks in it was pasted wrongly.
const SecretAccessKeySchema = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{8,256}$/, 'Enter the secret access key as AWS shows it, without blanks.');
const SessionTokenSchema = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{0,8192}$/, 'Enter the session token as AWS shows it, without blanks.')
  .transform((token) => token || undefined);

/** Words as somebody types them into one field: apart by commas, blanks or lines. */
function wordList(pattern: RegExp, problem: string) {
  return z
    .union([z.string().max(20_000).transform(wordsIn), z.array(z.string().trim())])
    .transform((words) => [...new Set(words.map((word) => word.toLowerCase()).filter((word) => word !== ''))])
    .refine((words) => words.length <= 200, 'Enter at most 200.')
    .refine((words) => words.every((word) => pattern.test(word)), problem)
    .default([]);
}

function wordsIn(text: string): string[] {
  return text.split(/[\s,;]+/);
}

const tagPattern = /^[\p{L}\p{N}][\p{L}\p{N} ._:/+@-]{0,127}$/u;
const tagProblem = 'Enter tags as team=data, apart by commas or lines.';

/** `team=data, stage=prod`, or the pairs. A tag has one value; the last one counts. */
const TagsSchema = z
  .union(
    [z.string().max(20_000).transform(pairsIn), z.record(z.string(), z.string()).transform(Object.entries)],
    tagProblem,
  )
  .refine((pairs) => pairs.length <= 50, 'Enter at most 50 tags.')
  .refine(
    (pairs) => pairs.every((pair) => pair.length === 2 && pair.every((part) => tagPattern.test(part ?? ''))),
    tagProblem,
  )
  .transform((pairs): Record<string, string> => Object.fromEntries(pairs))
  .default({});

function pairsIn(text: string): string[][] {
  const written = text.split(/[,;\n]+/).map((pair) => pair.trim());
  return written
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [key.trim(), value.join('=').trim()];
    });
}

const about = {
  name: NameSchema,
  description: DescriptionSchema,
  partition: z.enum(awsPartitions, 'Choose a partition from the list.').default('aws'),
  regions: wordList(/^[a-z]{2,5}(-[a-z]+){1,3}-\d{1,2}$/, 'Enter regions such as eu-central-1, apart by commas.'),
  services: wordList(
    /^[a-z0-9][a-z0-9.-]{0,62}$/,
    'Enter the names that signatures carry, such as s3, ec2 or execute-api.',
  ),
  tags: TagsSchema,
  allowCustomerNames: z.boolean().default(false),
  fields: FieldValuesInputSchema,
};

const oneSource = 'Enter keys, or choose the record whose keys are used: one of them.';

export const CreateAwsRecordInputSchema = z
  .object({
    ...about,
    recordTypeId: optionalIdSchema<RecordTypeId>(),
    accessKeyId: AccessKeyIdSchema.optional(),
    secretAccessKey: SecretAccessKeySchema.optional(),
    sessionToken: SessionTokenSchema.optional(),
    /** Reference Record: the keys of another record are used. */
    referenceId: optionalIdSchema<CredentialId>(),
  })
  .superRefine(({ accessKeyId, secretAccessKey, referenceId }, context) => {
    const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (referenceId) {
      if (accessKeyId || secretAccessKey) issue('referenceId', oneSource);
      return;
    }
    if (!accessKeyId) issue('accessKeyId', keyIdProblem);
    if (!secretAccessKey) issue('secretAccessKey', 'Enter the secret access key.');
  });
export type CreateAwsRecordInput = z.output<typeof CreateAwsRecordInputSchema>;

/** Keys that are left out stay as they are; one of them is never changed without the other. */
export const ChangeAwsRecordInputSchema = z
  .object({
    ...about,
    credentialId: idSchema<CredentialId>(),
    accessKeyId: AccessKeyIdSchema.optional(),
    secretAccessKey: SecretAccessKeySchema.optional(),
    sessionToken: SessionTokenSchema.optional(),
    /** Where calls went when the form was shown: new keys go there. `null`: to AWS. */
    seenEndpointUrl: z.string().max(500).nullable().default(null),
  })
  .refine(({ sessionToken, secretAccessKey }) => !sessionToken || secretAccessKey, {
    path: ['secretAccessKey'],
    message: 'A session token belongs to its secret access key. Enter both.',
  });
export type ChangeAwsRecordInput = z.output<typeof ChangeAwsRecordInputSchema>;

/** Where the calls of a record go. The keys are always entered again: whoever sends them elsewhere must know them. */
export const SetAwsEndpointInputSchema = z.object({
  credentialId: idSchema<CredentialId>(),
  /** Empty: AWS itself. */
  endpointUrl: z.string().trim().max(500, 'Enter a shorter address.').default(''),
  endpointHost: z.enum(['kept', 'path_style'], 'Choose how hosts are named.').default('kept'),
  /** The only authority that is believed there; empty: the usual ones. */
  endpointCaPem: z
    .string()
    .trim()
    .max(64 * 1024, 'This is too long for a certificate.')
    .default(''),
  accessKeyId: AccessKeyIdSchema,
  secretAccessKey: SecretAccessKeySchema,
  sessionToken: SessionTokenSchema.optional(),
});
export type SetAwsEndpointInput = z.output<typeof SetAwsEndpointInputSchema>;

export const SetAwsRecordDisabledInputSchema = z.object({
  credentialId: idSchema<CredentialId>(),
  disabled: z.boolean(),
});
