import { z } from 'zod';
import { type Outcome, ok } from '../errors.ts';
import type { CredentialId, RecordTypeId } from '../ids.ts';
import type { RecordKind } from '../protocol/session-words.ts';
import type { CredentialSecret } from '../vault/credential-secret.ts';
import { wrongField } from './credential-refusals.ts';
import { FieldValuesInputSchema } from './field-values.ts';
import {
  DescriptionSchema,
  idSchema,
  NameSchema,
  optionalIdSchema,
  PassphraseSchema,
  PasswordSchema,
  PrivateKeySchema,
  UsernameSchema,
} from './input-fields.ts';
import { readPrivateKey } from './private-key.ts';

const about = {
  name: NameSchema,
  description: DescriptionSchema.unwrap().optional(),
  username: UsernameSchema,
  fields: FieldValuesInputSchema,
};

const ofNew = {
  ...about,
  /** None: the built-in one of its kind. */
  recordTypeId: optionalIdSchema<RecordTypeId>().unwrap().optional(),
  /** Reference Record: its secret is used, and none is entered. */
  referenceId: optionalIdSchema<CredentialId>().unwrap().optional(),
};

/** What is needed for a new credential, shared or personal: a secret of its own, or a record whose secret it uses. */
export const CreateCredentialInputSchema = z.discriminatedUnion(
  'type',
  [
    z
      .object({ type: z.literal('password'), ...ofNew, password: PasswordSchema.optional() })
      .superRefine(({ password, referenceId }, context) =>
        oneSecret(context, 'password', { entered: password, referenceId, missing: 'Enter the password.' }),
      ),
    z
      .object({
        type: z.literal('ssh_key'),
        ...ofNew,
        privateKey: PrivateKeySchema.optional(),
        passphrase: PassphraseSchema.optional(),
      })
      .superRefine(({ privateKey, referenceId }, context) =>
        oneSecret(context, 'privateKey', { entered: privateKey, referenceId, missing: 'Paste the private key.' }),
      ),
  ],
  'Choose a password or an SSH key.',
);
export type CreateCredentialInput = z.output<typeof CreateCredentialInputSchema>;

type OneSecret = { entered: string | undefined; referenceId: string | null | undefined; missing: string };

function oneSecret(context: z.RefinementCtx, field: string, { entered, referenceId, missing }: OneSecret): void {
  if (Boolean(entered) !== Boolean(referenceId)) return;
  context.addIssue({ code: 'custom', path: [field], message: entered ? twoSecrets : missing });
}

const twoSecrets =
  'Leave this empty, or choose no reference record: the secret is either its own or that of the other.';

/** What is left out stays as it is; so does the secret where none is entered. */
export const ChangeCredentialInputSchema = z.object({
  credentialId: idSchema<CredentialId>(),
  ...about,
  password: PasswordSchema.optional(),
  privateKey: PrivateKeySchema.optional(),
  passphrase: PassphraseSchema.optional(),
  /** `null`: a secret of its own. */
  referenceId: optionalIdSchema<CredentialId>().unwrap().optional(),
  /** Since when it waits anywhere, as it was shown to whoever enters its secret: that lets it go there. */
  waitingSince: z.coerce.date().nullable().optional(),
});
export type ChangeCredentialInput = z.output<typeof ChangeCredentialInputSchema>;

type SecretInput = {
  password?: string | undefined;
  privateKey?: string | undefined;
  passphrase?: string | undefined;
};

/** What is to be sealed, if a secret was entered; or which field is wrong and what to enter there. */
export function readSecret(
  type: RecordKind,
  { password, privateKey, passphrase }: SecretInput,
): Outcome<CredentialSecret | undefined> {
  if (type === 'password') {
    if (privateKey) return wrongField('privateKey', 'This credential is a password. Create a new one for an SSH key.');
    return ok(password ? { type, password } : undefined);
  }
  if (password) return wrongField('password', 'This credential is an SSH key. Create a new one for a password.');
  if (privateKey) return readKey(privateKey, passphrase);
  return passphrase ? wrongField('privateKey', 'Paste the private key that this passphrase opens.') : ok(undefined);
}

function readKey(privateKey: string, passphrase: string | undefined): Outcome<CredentialSecret> {
  const key = readPrivateKey(privateKey, passphrase || undefined);
  return key.ok ? ok({ type: 'ssh_key', privateKey: key.privateKey }) : wrongField(key.field, key.problem);
}

/** The field into which a secret of this kind is entered. */
export function secretFieldOf(type: RecordKind): 'password' | 'privateKey' {
  return type === 'password' ? 'password' : 'privateKey';
}
