import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { lockSharedCredential, updateCredential } from '../../db/queries/credentials.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { type CredentialSecret, sealCredential } from '../vault/credential-secret.ts';
import { changedFields } from './changed-fields.ts';
import { readSecret } from './create-credential.ts';
import { credentialNameTaken, wrongField } from './credential-refusals.ts';
import {
  idSchema,
  NameSchema,
  PassphraseSchema,
  PasswordSchema,
  PrivateKeySchema,
  UsernameSchema,
} from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export const ChangeCredentialInputSchema = z.object({
  credentialId: idSchema<CredentialId>(),
  name: NameSchema,
  username: UsernameSchema,
  /** Empty or left out: the secret stays as it is. */
  password: PasswordSchema.optional(),
  privateKey: PrivateKeySchema.optional(),
  passphrase: PassphraseSchema.optional(),
});
export type ChangeCredentialInput = z.output<typeof ChangeCredentialInputSchema>;

/** Changes the name and user name of a shared credential, and its secret when a new one is given. The old one is deleted. */
export async function changeCredential(
  ctx: Context,
  actor: Actor,
  input: ChangeCredentialInput,
): Promise<Outcome<{ secretChanged: boolean }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { credentialId, name, username } = input;
  return refusingViolations({ credentials_shared_name: credentialNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const before = await lockSharedCredential(tx, credentialId);
      if (!before) return refuse('not_found');
      const secret = readNewSecret(before.type, input);
      if (!secret.ok) return secret;

      const fields: string[] = changedFields({ name: before.name, username: before.username }, { name, username });
      if (secret.value) fields.push('secret');
      if (fields.length === 0) return ok({ secretChanged: false });
      const secretId = secret.value ? await storeSecret(tx, ctx, credentialId, secret.value) : before.secretId;
      await updateCredential(tx, credentialId, { name, username, secretId, updatedAt: ctx.clock.now() });
      if (secret.value) await deleteSecret(tx, before.secretId);
      record({ kind: 'credential.changed', actorId: actor.person.id, subject: { credentialId, fields } });
      return ok({ secretChanged: secret.value !== undefined });
    }),
  );
}

/** The new secret of a credential of this kind, if one was entered; or which field is wrong. */
export function readNewSecret(
  type: 'password' | 'ssh_key',
  { password, privateKey, passphrase }: ChangeCredentialInput,
): Outcome<CredentialSecret | undefined> {
  if (type === 'password') {
    if (privateKey) return wrongField('privateKey', 'This credential is a password. Create a new one for an SSH key.');
    return password ? readSecret({ type, password }) : ok(undefined);
  }
  if (password) return wrongField('password', 'This credential is an SSH key. Create a new one for a password.');
  if (privateKey) return readSecret({ type, privateKey, passphrase });
  return passphrase ? wrongField('privateKey', 'Paste the private key that this passphrase opens.') : ok(undefined);
}

async function storeSecret(tx: Tx, ctx: Context, id: CredentialId, secret: CredentialSecret) {
  const sealed = sealCredential(ctx.keyring, id, secret);
  await insertSecret(tx, sealed);
  return sealed.id;
}
