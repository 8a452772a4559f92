import type { Tx } from '../../db/connect.ts';
import {
  type Address,
  type CredentialInUse,
  deleteUnusedTargets,
  insertCredentialTarget,
  listUses,
  lockAddresses,
  lockCredentialsForUse,
  maySecretGoTo,
} from '../../db/queries/credential-targets.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { ComputerId, CredentialId, PersonId } from '../ids.ts';

type RecordEvent = (event: AuditEvent) => void;

export type PuttingToUse = {
  computerId: ComputerId;
  credential: CredentialInUse;
  /** Each is new to the computer, or the credential is. Locked by the caller. */
  addresses: readonly Address[];
  why: 'new_target' | 'address';
  /** Where the computer was before it moved, in words. */
  from?: string | undefined;
  /** Left out: the installation itself, as when it seeds a demo. */
  actorId?: PersonId | undefined;
  now: Date;
};

/**
 * Lets a shared credential, and the record it refers to, sign in at addresses of a computer, and says so in the audit
 * log. The one way to a new address: whoever has a password sent where it was not entered for has it wait there, unless
 * they entered it themselves and so know it anyway; and what a computer takes along to another address waits always.
 * Answers whether it waits at any of them.
 */
export async function putCredentialToUse(tx: Tx, record: RecordEvent, putting: PuttingToUse): Promise<boolean> {
  const { computerId, credential, addresses, why, from = null, actorId, now } = putting;
  const records = [credential.credentialId, ...(credential.referenceId ? [credential.referenceId] : [])];
  const knowsIt = (actorId ?? null) === credential.enteredBy;
  const suspended = why === 'new_target' && knowsIt ? undefined : { at: now, by: actorId ?? null, why };
  let waits = false;
  for (const { server, port } of addresses) {
    for (const credentialId of records) {
      const isNew = await insertCredentialTarget(tx, { credentialId, server, port, suspended });
      record({ kind: 'credential.put_to_use', actorId, subject: { credentialId, computerId, server, port } });
      if (isNew && suspended)
        record({ kind: 'credential.suspended', actorId, subject: { credentialId, server, port, why, from } });
    }
    waits ||= !(await maySecretGoTo(tx, { credentialId: credential.credentialId, server, port }));
  }
  return waits;
}

export type FollowingReference = {
  credentialId: CredentialId;
  /** What it referred to before. */
  before: CredentialId | null;
  actorId: PersonId;
  now: Date;
};

/**
 * After a shared credential came to use the secret of another record: puts that to use wherever the credential is, and
 * forgets where the earlier one is not used any more. The caller has locked the credential and both records.
 */
export async function followReference(
  tx: Tx,
  record: RecordEvent,
  { credentialId, before, actorId, now }: FollowingReference,
): Promise<void> {
  const credential = (await lockCredentialsForUse(tx, [credentialId])).get(credentialId);
  if (!credential) return;
  const uses = await listUses(tx, credentialId);
  await lockAddresses(tx, uses);
  for (const { computerId, server, port } of uses) {
    const addresses = [{ server, port }];
    await putCredentialToUse(tx, record, { computerId, credential, addresses, why: 'new_target', actorId, now });
  }
  await deleteUnusedTargets(tx, before ? [credentialId, before] : [credentialId]);
}
