import type { Tx } from '../../db/connect.ts';
import type { Address } from '../../db/queries/credential-targets.ts';
import { followHostKey } from '../../db/queries/suspensions.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { PersonId } from '../ids.ts';

export type PinnedKey = Address & { fingerprint: string; actorId?: PersonId; now: Date };

/**
 * After a host key was pinned: what is in use at its address belongs to it from now on, and what was entered for another
 * key waits. The caller has locked the address.
 */
export async function followPinnedKey(
  tx: Tx,
  record: (event: AuditEvent) => void,
  { server, port, fingerprint, actorId, now }: PinnedKey,
): Promise<void> {
  const suspended = { at: now, by: actorId ?? null, why: 'host_key' as const };
  for (const { credentialId, hostKey } of await followHostKey(tx, { server, port, fingerprint }, suspended)) {
    const subject = { credentialId, server, port, why: suspended.why, from: hostKey };
    record({ kind: 'credential.suspended', actorId, subject });
  }
}
