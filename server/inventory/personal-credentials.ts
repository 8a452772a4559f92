import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { deleteCredentialRow, updateCredential } from '../../db/queries/credentials.ts';
import { lockPersonKey } from '../../db/queries/person-keys.ts';
import {
  insertPersonalCredential,
  listPersonalCredentials as listRows,
  lockPersonalCredential,
  type PersonalCredential,
} from '../../db/queries/personal-credentials.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type CredentialId, newId, type PersonId, type SecretId } from '../ids.ts';
import type { CredentialSecret } from '../vault/credential-secret.ts';
import { isAttested } from '../vault/person-key.ts';
import { sealPersonalCredential } from '../vault/personal-credential.ts';
import { type ChangeCredentialInput, readNewSecret } from './change-credential.ts';
import { changedFields } from './changed-fields.ts';
import { type CreateCredentialInput, readSecret } from './create-credential.ts';
import { personalNameTaken } from './credential-refusals.ts';
import { idSchema } from './input-fields.ts';
import { refusingViolations } from './refusing-violations.ts';

export type PersonalCredentialRow = PersonalCredential;

/** The actor's own credentials. There is no way to ask for somebody else's. */
export async function listPersonalCredentials(ctx: Context, actor: Actor): Promise<Outcome<PersonalCredentialRow[]>> {
  return ok(await listRows(ctx.connection.db, actor.person.id));
}

/** Seals a credential for the actor alone. Needs no unlock: their public key is enough. */
export async function createPersonalCredential(
  ctx: Context,
  actor: Actor,
  input: CreateCredentialInput,
): Promise<Outcome<{ credentialId: CredentialId }>> {
  const secret = readSecret(input);
  if (!secret.ok) return secret;
  const { name, type, username } = input;
  const { id: ownerId } = actor.person;
  const id = newId<CredentialId>();
  return refusingViolations({ credentials_personal_name: personalNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const sealed = await storeSecret(tx, ctx, { ownerId, id, secret: secret.value });
      if (!sealed.ok) return sealed;
      await insertPersonalCredential(tx, { id, name, type, username, ownerId, secretId: sealed.value });
      record({ kind: 'personal_credential.created', actorId: ownerId, subject: { credentialId: id, type } });
      return ok({ credentialId: id });
    }),
  );
}

/** Changes the names of an own credential, and its secret when a new one is given. The old one is destroyed. */
export async function changePersonalCredential(
  ctx: Context,
  actor: Actor,
  input: ChangeCredentialInput,
): Promise<Outcome<{ secretChanged: boolean }>> {
  const { credentialId, name, username } = input;
  const { id: ownerId } = actor.person;
  return refusingViolations({ credentials_personal_name: personalNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const before = await lockPersonalCredential(tx, { ownerId, credentialId });
      if (!before) return refuse('not_found');
      const secret = readNewSecret(before.type, input);
      if (!secret.ok) return secret;
      const fields: string[] = changedFields({ name: before.name, username: before.username }, { name, username });
      if (secret.value) fields.push('secret');
      if (fields.length === 0) return ok({ secretChanged: false });

      const kept = { name, username, secretId: before.secretId };
      const change = secret.value ? { ownerId, id: credentialId, secret: secret.value } : undefined;
      const stored = await storeChange(tx, ctx, { id: credentialId, kept, change });
      if (!stored.ok) return stored;
      record({ kind: 'personal_credential.changed', actorId: ownerId, subject: { credentialId, fields } });
      return ok({ secretChanged: secret.value !== undefined });
    }),
  );
}

export const DeletePersonalCredentialInputSchema = z.object({ credentialId: idSchema<CredentialId>() });

export async function deletePersonalCredential(
  ctx: Context,
  actor: Actor,
  { credentialId }: z.output<typeof DeletePersonalCredentialInputSchema>,
): Promise<Outcome<undefined>> {
  const { id: ownerId } = actor.person;
  return ctx.audit.transact(async (tx, record) => {
    const credential = await lockPersonalCredential(tx, { ownerId, credentialId });
    if (!credential) return refuse('not_found');
    await deleteCredentialRow(tx, credentialId);
    await deleteSecret(tx, credential.secretId);
    record({ kind: 'personal_credential.deleted', actorId: ownerId, subject: { credentialId } });
    return ok(undefined);
  });
}

type Change = {
  id: CredentialId;
  kept: { name: string; username: string; secretId: SecretId | null };
  change: NewSecret | undefined;
};

async function storeChange(tx: Tx, ctx: Context, { id, kept, change }: Change): Promise<Outcome<undefined>> {
  const stored = change ? await storeSecret(tx, ctx, change) : ok(kept.secretId);
  if (!stored.ok) return stored;
  await updateCredential(tx, id, { ...kept, secretId: stored.value, updatedAt: ctx.clock.now() });
  if (change) await deleteSecret(tx, kept.secretId);
  return ok(undefined);
}

type NewSecret = { ownerId: PersonId; id: CredentialId; secret: CredentialSecret };

// The key is held while its secret is stored, so that a reset cannot leave a secret behind that nobody opens.
async function storeSecret(tx: Tx, ctx: Context, { ownerId, id, secret }: NewSecret): Promise<Outcome<SecretId>> {
  const key = await lockPersonKey(tx, ownerId, 'share');
  if (!key) return refuse('no_master_password');
  if (!isAttested(ctx.keyring, key)) {
    ctx.log.error('A public key is not attested by this keyring, so nothing is sealed for it.', {
      personId: ownerId,
      code: 'person_key_not_attested',
    });
    return refuse('conflict', { problem: 'Unlock with your master password first, then try again.' });
  }
  const sealed = sealPersonalCredential(key, id, secret);
  await insertSecret(tx, sealed);
  return ok(sealed.id);
}
