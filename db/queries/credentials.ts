import { and, asc, eq, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { CredentialId, PersonId, RecordTypeId, SecretId } from '../../server/ids.ts';
import type { RecordKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import type { FieldValues } from '../schema/columns.ts';
import { builtInRecordTypes, computerCredentials, computers, credentials } from '../schema.ts';

/** A credential as it is stored; of `secretId` and `referenceId` one is NULL. */
export type CredentialRecord = {
  id: CredentialId;
  name: string;
  description: string;
  type: RecordKind;
  recordTypeId: RecordTypeId;
  fields: FieldValues;
  username: string;
  secretId: SecretId | null;
  referenceId: CredentialId | null;
  ownerId: PersonId | null;
};

type NewCredential = Pick<CredentialRecord, 'id' | 'name' | 'type' | 'username'> &
  Partial<CredentialRecord> & { secretEnteredBy?: PersonId | null };

/** Stores a credential; shared unless `ownerId` is given, and of the built-in record type unless told otherwise. */
export async function insertCredential(tx: Tx, credential: NewCredential): Promise<void> {
  await tx.insert(credentials).values({ recordTypeId: builtInRecordTypes[credential.type], ...credential });
}

type CredentialChange = Partial<Omit<CredentialRecord, 'id' | 'type' | 'recordTypeId' | 'ownerId'>> & {
  secretEnteredBy?: PersonId | null;
  updatedAt: Date;
};

export async function updateCredential(tx: Tx, id: CredentialId, change: CredentialChange): Promise<void> {
  await tx.update(credentials).set(change).where(eq(credentials.id, id));
}

export async function deleteCredentialRow(tx: Tx, id: CredentialId): Promise<void> {
  await tx.delete(credentials).where(eq(credentials.id, id));
}

const recordColumns = {
  id: credentials.id,
  name: credentials.name,
  description: credentials.description,
  type: credentials.type,
  recordTypeId: credentials.recordTypeId,
  fields: credentials.fields,
  username: credentials.username,
  secretId: credentials.secretId,
  referenceId: credentials.referenceId,
  ownerId: credentials.ownerId,
};

/** Whose it is: a person's own, or shared. */
export function isOwnedBy(ownerId: PersonId | null): SQL | undefined {
  return ownerId ? eq(credentials.ownerId, ownerId) : isNull(credentials.ownerId);
}

/**
 * Locks credentials of one owner (`null`: shared ones) until the transaction ends, in the order of their ids, so that two
 * changes which name each other's credential wait in line and not in a circle. What is not theirs is not among them.
 */
export async function lockCredentials(
  tx: Tx,
  ownerId: PersonId | null,
  ids: readonly CredentialId[],
): Promise<ReadonlyMap<CredentialId, CredentialRecord>> {
  const rows = await tx
    .select(recordColumns)
    .from(credentials)
    .where(and(inArray(credentials.id, [...ids]), isOwnedBy(ownerId)))
    .orderBy(asc(credentials.id))
    .for('update');
  return new Map(rows.map((row) => [row.id, row]));
}

/** The row of a shared credential, locked until the transaction ends, so that two changes cannot cross. */
export async function lockSharedCredential(tx: Tx, id: CredentialId): Promise<CredentialRecord | undefined> {
  return (await lockCredentials(tx, null, [id])).get(id);
}

/** A credential of one owner (`null`: a shared one) as it is at this moment. */
export async function findCredential(
  tx: Tx,
  ownerId: PersonId | null,
  id: CredentialId,
): Promise<CredentialRecord | undefined> {
  const [row] = await tx
    .select(recordColumns)
    .from(credentials)
    .where(and(eq(credentials.id, id), isOwnedBy(ownerId)));
  return row;
}

export async function findSharedCredentialByName(tx: Tx, name: string): Promise<CredentialRecord | undefined> {
  const [row] = await tx
    .select(recordColumns)
    .from(credentials)
    .where(and(sql`lower(${credentials.name}) = lower(${name})`, isNull(credentials.ownerId)));
  return row;
}

/** A few names, in order, and how many there are in all. */
export type NamesOf = { names: string[]; count: number };
const fewNames = 5;
const inAll = sql<number>`(count(*) over ())::int`;

/** The computers that use this credential, for Connect or in Advanced Mode. */
export async function findComputersUsing(tx: Tx, id: CredentialId): Promise<NamesOf> {
  const further = tx
    .select({ computerId: computerCredentials.computerId })
    .from(computerCredentials)
    .where(eq(computerCredentials.credentialId, id));
  return fewOf(
    await tx
      .select({ name: computers.name, count: inAll })
      .from(computers)
      .where(or(eq(computers.sharedCredentialId, id), inArray(computers.id, further)))
      .orderBy(asc(sql`lower(${computers.name})`))
      .limit(fewNames),
  );
}

/** The credentials that sign in with the secret of this one. */
export async function findReferringTo(tx: Tx, id: CredentialId): Promise<NamesOf> {
  return fewOf(
    await tx
      .select({ name: credentials.name, count: inAll })
      .from(credentials)
      .where(eq(credentials.referenceId, id))
      .orderBy(asc(sql`lower(${credentials.name})`))
      .limit(fewNames),
  );
}

function fewOf(rows: { name: string; count: number }[]): NamesOf {
  return { names: rows.map(({ name }) => name), count: rows[0]?.count ?? 0 };
}
