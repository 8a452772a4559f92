import type { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { mostOwnCredentials } from '../../db/queries/credential-facts.ts';
import { listPersonalCredentials as listRows, type ShownCredential } from '../../db/queries/credential-lists.ts';
import { deleteCredentialRow, findReferringTo, lockCredentials } from '../../db/queries/credentials.ts';
import { lockPersonKey } from '../../db/queries/person-keys.ts';
import { countOwnCredentials } from '../../db/queries/personal-credentials.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { CredentialId, PersonId, SecretId } from '../ids.ts';
import type { CredentialSecret } from '../vault/credential-secret.ts';
import { isAttested } from '../vault/person-key.ts';
import { sealPersonalCredential } from '../vault/personal-credential.ts';
import type { ChangeCredentialInput, CreateCredentialInput } from './credential-input.ts';
import { credentialReferredTo, personalNameTaken } from './credential-refusals.ts';
import type { CredentialInputSchema } from './delete-credential.ts';
import { refusingViolations } from './refusing-violations.ts';
import { type CredentialShelf, storeChangedCredential, storeNewCredential } from './store-credential.ts';

export type PersonalCredentialRow = ShownCredential;

/** The actor's own credentials, the starred ones first. There is no way to ask for somebody else's. */
export async function listPersonalCredentials(ctx: Context, actor: Actor): Promise<Outcome<PersonalCredentialRow[]>> {
  return ok(await listRows(ctx.connection.db, actor.person.id));
}

/** Seals a credential for the actor alone. Needs no unlock: their public key is enough. */
export async function createPersonalCredential(
  ctx: Context,
  actor: Actor,
  input: CreateCredentialInput,
): Promise<Outcome<{ credentialId: CredentialId }>> {
  const { name, type } = input;
  const { id: actorId } = actor.person;
  return refusingViolations({ credentials_personal_name: personalNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      if ((await countOwnCredentials(tx, actorId)) >= mostOwnCredentials) return tooMany;
      const stored = await storeNewCredential(tx, ownShelf(ctx, actorId), input);
      if (!stored.ok) return stored;
      const { credentialId, referenceId } = stored.value;
      record({ kind: 'personal_credential.created', actorId, subject: { credentialId, type } });
      if (referenceId) record({ kind: 'credential.referred', actorId, subject: { credentialId, referenceId } });
      return ok({ credentialId });
    }),
  );
}

const tooMany: Refusal = refuse('conflict', {
  problem: `You have ${mostOwnCredentials} credentials, and more cannot be kept. Delete one that you do not need first.`,
});

/** Changes an own credential, and its secret when a new one is given. The old one is destroyed. */
export async function changePersonalCredential(
  ctx: Context,
  actor: Actor,
  input: ChangeCredentialInput,
): Promise<Outcome<{ secretChanged: boolean }>> {
  const { credentialId, name } = input;
  const { id: actorId } = actor.person;
  return refusingViolations({ credentials_personal_name: personalNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const shelf = ownShelf(ctx, actorId);
      const changed = await storeChangedCredential(tx, shelf, { ...input, now: ctx.clock.now() });
      if (!changed.ok) return changed;
      const { fields, secretChanged, before, referenceId } = changed.value;
      if (fields.length === 0) return ok({ secretChanged });
      record({ kind: 'personal_credential.changed', actorId, subject: { credentialId, fields } });
      if (referenceId && referenceId !== before.referenceId) {
        record({ kind: 'credential.referred', actorId, subject: { credentialId, referenceId } });
      }
      return ok({ secretChanged });
    }),
  );
}

/** Deletes an own credential and its secret. One whose secret others of the actor use stays; the refusal names them. */
export async function deletePersonalCredential(
  ctx: Context,
  actor: Actor,
  { credentialId }: z.output<typeof CredentialInputSchema>,
): Promise<Outcome<undefined>> {
  const { id: ownerId } = actor.person;
  return ctx.audit.transact(async (tx, record) => {
    const credential = (await lockCredentials(tx, ownerId, [credentialId])).get(credentialId);
    if (!credential) return refuse('not_found');
    const referring = await findReferringTo(tx, credentialId);
    if (referring.count > 0) return credentialReferredTo(referring);
    await deleteCredentialRow(tx, credentialId);
    await deleteSecret(tx, credential.secretId);
    record({ kind: 'personal_credential.deleted', actorId: ownerId, subject: { credentialId } });
    return ok(undefined);
  });
}

function ownShelf(ctx: Context, ownerId: PersonId): CredentialShelf {
  return { ownerId, actorId: ownerId, seal: (tx, id, secret) => sealForOwner(tx, ctx, { ownerId, id, secret }) };
}

type NewSecret = { ownerId: PersonId; id: CredentialId; secret: CredentialSecret };

// The key is held while its secret is stored, so that a reset cannot leave a secret behind that nobody opens.
async function sealForOwner(tx: Tx, ctx: Context, { ownerId, id, secret }: NewSecret): Promise<Outcome<SecretId>> {
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
