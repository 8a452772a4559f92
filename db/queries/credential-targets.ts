import { and, eq, isNull, notExists } from 'drizzle-orm';
import type { ComputerId, CredentialId, SecretId } from '../../server/ids.ts';
import type { RecordKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { computers, credentials, credentialTargets } from '../schema.ts';

export type CredentialTarget = { credentialId: CredentialId; server: string; port: number };

/** Lets a credential be used at this address. */
export async function insertCredentialTarget(tx: Tx, target: CredentialTarget): Promise<void> {
  await tx.insert(credentialTargets).values(target).onConflictDoNothing();
}

/** Forgets the addresses of a credential at which no computer uses it any more. */
export async function deleteUnusedTargets(tx: Tx, id: CredentialId): Promise<void> {
  const user = tx
    .select({ id: computers.id })
    .from(computers)
    .where(
      and(
        eq(computers.sharedCredentialId, credentialTargets.credentialId),
        eq(computers.server, credentialTargets.server),
        eq(computers.port, credentialTargets.port),
      ),
    );
  await tx.delete(credentialTargets).where(and(eq(credentialTargets.credentialId, id), notExists(user)));
}

/**
 * What is to be released for a computer: its shared credential, if it is still that one, the computer still has the
 * address for which the connection was authorised, and the credential was put to use there.
 */
export async function findCredentialFor(
  tx: Tx,
  target: { computerId: ComputerId; credentialId: CredentialId; server: string; port: number },
): Promise<{ type: RecordKind; username: string; secretId: SecretId } | undefined> {
  const [row] = await tx
    .select({ type: credentials.type, username: credentials.username, secretId: credentials.secretId })
    .from(computers)
    .innerJoin(credentials, eq(credentials.id, computers.sharedCredentialId))
    .innerJoin(
      credentialTargets,
      and(
        eq(credentialTargets.credentialId, credentials.id),
        eq(credentialTargets.server, computers.server),
        eq(credentialTargets.port, computers.port),
      ),
    )
    .where(
      and(
        eq(computers.id, target.computerId),
        eq(credentials.id, target.credentialId),
        eq(computers.server, target.server),
        eq(computers.port, target.port),
        isNull(credentials.ownerId),
      ),
    );
  return row?.secretId ? { ...row, secretId: row.secretId } : undefined;
}
