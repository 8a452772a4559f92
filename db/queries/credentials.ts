import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { CredentialId, SecretId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { builtInRecordTypes, computers, credentials } from '../schema.ts';

type CredentialType = 'password' | 'ssh_key';

/** A shared credential without its secret: all that may ever be shown. */
export type SharedCredential = {
  credentialId: CredentialId;
  name: string;
  type: CredentialType;
  username: string;
  createdAt: Date;
  updatedAt: Date;
  /** Names of the computers that use it. */
  usedBy: string[];
};

export async function insertCredential(
  tx: Tx,
  credential: { id: CredentialId; name: string; type: CredentialType; username: string; secretId: SecretId },
): Promise<void> {
  await tx.insert(credentials).values({ recordTypeId: builtInRecordTypes[credential.type], ...credential });
}

export async function listSharedCredentials(tx: Tx): Promise<SharedCredential[]> {
  return tx
    .select({
      credentialId: credentials.id,
      name: credentials.name,
      type: credentials.type,
      username: credentials.username,
      createdAt: credentials.createdAt,
      updatedAt: credentials.updatedAt,
      usedBy: sql<string[]>`array_remove(array_agg(${computers.name} order by ${computers.name}), null)`,
    })
    .from(credentials)
    .leftJoin(computers, eq(computers.sharedCredentialId, credentials.id))
    .where(isNull(credentials.ownerId))
    .groupBy(credentials.id)
    .orderBy(asc(sql`lower(${credentials.name})`));
}

/** The row of a shared credential, locked until the transaction ends, so that two changes cannot cross. */
export async function lockSharedCredential(
  tx: Tx,
  id: CredentialId,
): Promise<{ name: string; type: CredentialType; username: string; secretId: SecretId | null } | undefined> {
  const [row] = await tx
    .select({
      name: credentials.name,
      type: credentials.type,
      username: credentials.username,
      secretId: credentials.secretId,
    })
    .from(credentials)
    .where(and(eq(credentials.id, id), isNull(credentials.ownerId)))
    .for('update');
  return row;
}

export async function updateCredential(
  tx: Tx,
  id: CredentialId,
  change: { name: string; username: string; secretId: SecretId | null; updatedAt: Date },
): Promise<void> {
  await tx.update(credentials).set(change).where(eq(credentials.id, id));
}

/** Names of the computers that use this credential, in order. */
export async function listComputersUsing(tx: Tx, id: CredentialId): Promise<string[]> {
  const rows = await tx
    .select({ name: computers.name })
    .from(computers)
    .where(eq(computers.sharedCredentialId, id))
    .orderBy(asc(computers.name));
  return rows.map(({ name }) => name);
}

export async function deleteCredentialRow(tx: Tx, id: CredentialId): Promise<void> {
  await tx.delete(credentials).where(eq(credentials.id, id));
}
