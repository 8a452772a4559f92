import type { Tx } from '../../db/connect.ts';
import { lockAddresses } from '../../db/queries/credential-targets.ts';
import { bindAnew, listAddresses, listSuspensions, type SuspendedTarget } from '../../db/queries/suspensions.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { CredentialId, PersonId } from '../ids.ts';

/**
 * After the secret of a shared credential was entered again: it is meant for the addresses where it is in use now, with
 * the host keys that are pinned there now. Nothing of it waits any more, nor of the records that use its secret. The
 * caller has locked the credential; each place where it waited leaves a line in the audit log. Answers which they were.
 */
export async function liftSuspensions(
  tx: Tx,
  record: (event: AuditEvent) => void,
  { credentialId, actorId }: { credentialId: CredentialId; actorId: PersonId },
): Promise<SuspendedTarget[]> {
  await lockAddresses(tx, await listAddresses(tx, credentialId));
  const waiting = await listSuspensions(tx, credentialId);
  await bindAnew(tx, credentialId);
  for (const { credentialId: id, server, port, by } of waiting) {
    const subject = { credentialId: id, server, port, how: 'entered' as const, suspendedBy: by };
    record({ kind: 'credential.resumed', actorId, subject });
  }
  return waiting;
}
