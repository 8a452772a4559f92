import { insertSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { sealCredential } from '../vault/credential-secret.ts';
import type { CreateCredentialInput } from './credential-input.ts';
import { credentialNameTaken } from './credential-refusals.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';
import { type CredentialShelf, storeNewCredential } from './store-credential.ts';

/**
 * Seals a shared credential in the vault, or has it use the secret of another. A private key is checked first; its
 * passphrase is used here and not kept.
 */
export async function createCredential(
  ctx: Context,
  actor: Actor,
  input: CreateCredentialInput,
): Promise<Outcome<{ credentialId: CredentialId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { name, type } = input;
  const actorId = actor.person.id;
  return refusingViolations({ credentials_shared_name: credentialNameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const stored = await storeNewCredential(tx, sharedShelf(ctx, actor), input);
      if (!stored.ok) return stored;
      const { credentialId, referenceId } = stored.value;
      record({ kind: 'credential.created', actorId, subject: { credentialId, name, type } });
      if (referenceId) record({ kind: 'credential.referred', actorId, subject: { credentialId, referenceId } });
      return ok({ credentialId });
    }),
  );
}

/** Shared credentials are sealed by the system's keyring. */
export function sharedShelf(ctx: Context, actor: Actor): CredentialShelf {
  return {
    ownerId: null,
    actorId: actor.person.id,
    seal: async (tx, id, secret) => {
      const sealed = sealCredential(ctx.keyring, id, secret);
      await insertSecret(tx, sealed);
      return ok(sealed.id);
    },
  };
}
