import type { Tx } from '../../db/connect.ts';
import { type CredentialTarget, insertCredentialTarget } from '../../db/queries/credential-targets.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { ComputerId, PersonId } from '../ids.ts';

export type PuttingToUse = CredentialTarget & { computerId: ComputerId; actorId?: PersonId };

/**
 * Lets a shared credential sign in at the address of a computer, and says so in the audit log: whoever has a password
 * sent to another host leaves a line that names the host.
 */
export async function putCredentialToUse(
  tx: Tx,
  record: (event: AuditEvent) => void,
  { computerId, actorId, ...target }: PuttingToUse,
): Promise<void> {
  const { credentialId, server, port } = target;
  await insertCredentialTarget(tx, { credentialId, server, port });
  record({ kind: 'credential.put_to_use', actorId, subject: { credentialId, computerId, server, port } });
}
