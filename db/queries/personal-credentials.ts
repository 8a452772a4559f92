import { and, eq, inArray, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CredentialId, PersonId, SecretId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { credentials, people, secrets } from '../schema.ts';

/** What opens a personal credential: `secretOf` is the record for which the secret was sealed, itself or another. */
export type OwnSecret = { username: string; secretId: SecretId; secretOf: CredentialId };

/**
 * The user name of somebody's own credential, and its secret or that of the record it refers to, which must be their
 * own as well; `undefined` when either is nobody's or somebody else's.
 */
export async function findOwnSecret(
  tx: Tx,
  { ownerId, credentialId }: { ownerId: PersonId; credentialId: CredentialId },
): Promise<OwnSecret | undefined> {
  const secretOf = alias(credentials, 'secret_of');
  const [row] = await tx
    .select({ username: credentials.username, secretId: secretOf.secretId, secretOf: secretOf.id })
    .from(credentials)
    .innerJoin(secretOf, sql`${secretOf.id} = coalesce(${credentials.referenceId}, ${credentials.id})`)
    .where(and(eq(credentials.id, credentialId), eq(credentials.ownerId, ownerId), eq(secretOf.ownerId, ownerId)));
  return row?.secretId ? { ...row, secretId: row.secretId } : undefined;
}

/** How many credentials of their own somebody has. Locks their row, so that two that are stored at once see each other. */
export async function countOwnCredentials(tx: Tx, ownerId: PersonId): Promise<number> {
  await tx.select({ id: people.id }).from(people).where(eq(people.id, ownerId)).for('no key update');
  return tx.$count(credentials, eq(credentials.ownerId, ownerId));
}

/** Destroys all personal credentials of somebody with their secrets; answers how many there were. */
export async function deletePersonalCredentials(tx: Tx, ownerId: PersonId): Promise<number> {
  const gone = await tx
    .delete(credentials)
    .where(eq(credentials.ownerId, ownerId))
    .returning({ secretId: credentials.secretId });
  const secretIds = gone.map(({ secretId }) => secretId).filter((id) => id !== null);
  if (secretIds.length > 0) await tx.delete(secrets).where(inArray(secrets.id, secretIds));
  return gone.length;
}
