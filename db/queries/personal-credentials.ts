import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { CredentialId, PersonId, SecretId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { builtInRecordTypes, credentials, secrets } from '../schema.ts';

/** A personal credential as its owner sees it: without its secret, which nobody is shown. */
export type PersonalCredential = {
  credentialId: CredentialId;
  name: string;
  type: 'password' | 'ssh_key';
  username: string;
  createdAt: Date;
  updatedAt: Date;
};

type Owned = { ownerId: PersonId; credentialId: CredentialId };

const isTheirs = ({ ownerId, credentialId }: Owned) =>
  and(eq(credentials.id, credentialId), eq(credentials.ownerId, ownerId));

export async function insertPersonalCredential(
  tx: Tx,
  credential: Pick<PersonalCredential, 'name' | 'type' | 'username'> & {
    id: CredentialId;
    ownerId: PersonId;
    secretId: SecretId;
  },
): Promise<void> {
  await tx.insert(credentials).values({ recordTypeId: builtInRecordTypes[credential.type], ...credential });
}

export async function listPersonalCredentials(tx: Tx, ownerId: PersonId): Promise<PersonalCredential[]> {
  return tx
    .select({
      credentialId: credentials.id,
      name: credentials.name,
      type: credentials.type,
      username: credentials.username,
      createdAt: credentials.createdAt,
      updatedAt: credentials.updatedAt,
    })
    .from(credentials)
    .where(eq(credentials.ownerId, ownerId))
    .orderBy(asc(sql`lower(${credentials.name})`));
}

const ownColumns = {
  name: credentials.name,
  type: credentials.type,
  username: credentials.username,
  secretId: credentials.secretId,
};

export async function findPersonalCredential(tx: Tx, owned: Owned) {
  const [row] = await tx.select(ownColumns).from(credentials).where(isTheirs(owned));
  return row;
}

/** The row, locked until the transaction ends; `undefined` when it is nobody's or somebody else's. */
export async function lockPersonalCredential(tx: Tx, owned: Owned) {
  const [row] = await tx.select(ownColumns).from(credentials).where(isTheirs(owned)).for('update');
  return row;
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
