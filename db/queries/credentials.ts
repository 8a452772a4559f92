import { and, asc, eq, isNull, notExists, sql } from 'drizzle-orm';
import type { ComputerId, CredentialId, SecretId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { builtInRecordTypes, computers, credentials, credentialTargets } from '../schema.ts';

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
): Promise<{ type: CredentialType; username: string; secretId: SecretId } | undefined> {
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
