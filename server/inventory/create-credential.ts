import { z } from 'zod';
import { insertCredential } from '../../db/queries/credentials.ts';
import { insertSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { type CredentialId, newId } from '../ids.ts';
import { type CredentialSecret, sealCredential } from '../vault/credential-secret.ts';
import { credentialNameTaken, wrongField } from './credential-refusals.ts';
import { NameSchema, PassphraseSchema, PasswordSchema, PrivateKeySchema, UsernameSchema } from './input-fields.ts';
import { readPrivateKey } from './private-key.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const CreateCredentialInputSchema = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('password'),
      name: NameSchema,
      username: UsernameSchema,
      password: PasswordSchema.min(1, 'Enter the password.'),
    }),
    z.object({
      type: z.literal('ssh_key'),
      name: NameSchema,
      username: UsernameSchema,
      privateKey: PrivateKeySchema.min(1, 'Paste the private key.'),
      passphrase: PassphraseSchema.optional(),
    }),
  ],
  'Choose a password or an SSH key.',
);
export type CreateCredentialInput = z.output<typeof CreateCredentialInputSchema>;

/** Seals a shared credential in the vault. A private key is checked first; its passphrase is used here and not kept. */
export async function createCredential(
  ctx: Context,
  actor: Actor,
  input: CreateCredentialInput,
): Promise<Outcome<{ credentialId: CredentialId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const secret = readSecret(input);
  if (!secret.ok) return secret;

  const { name, type, username } = input;
  const id = newId<CredentialId>();
  const sealed = sealCredential(ctx.keyring, id, secret.value);
  return refusingViolations({ credentials_shared_name: credentialNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      await insertSecret(tx, sealed);
      await insertCredential(tx, { id, name, type, username, secretId: sealed.id });
      record({ kind: 'credential.created', actorId: actor.person.id, subject: { credentialId: id, name, type } });
      return ok({ credentialId: id });
    }),
  );
}

type SecretInput =
  | { type: 'password'; password: string }
  | { type: 'ssh_key'; privateKey: string; passphrase?: string | undefined };

/** What is to be sealed, or which field is wrong and what to enter there. */
export function readSecret(input: SecretInput): Outcome<CredentialSecret> {
  if (input.type === 'password') return ok({ type: 'password', password: input.password });
  const key = readPrivateKey(input.privateKey, input.passphrase || undefined);
  return key.ok ? ok({ type: 'ssh_key', privateKey: key.privateKey }) : wrongField(key.field, key.problem);
}
