import { and, eq, sql } from 'drizzle-orm';
import type { AccessLevelId, ComputerGuid, ComputerId, CredentialId } from '../../server/ids.ts';
import type { Mode } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { accessLevels, computerCredentials, computers, credentials } from '../schema.ts';

export type ComputerValues = {
  name: string;
  description: string;
  mode: Mode;
  server: string;
  /** Dialled when the one before cannot be connected to. */
  server2: string | null;
  server3: string | null;
  port: number;
  /** For whoever works there, on the session's panel. */
  notes: string;
  sharedCredentialId: CredentialId | null;
};

export type ComputerWithCredential = Omit<ComputerValues, 'sharedCredentialId'> & {
  computerId: ComputerId;
  guid: ComputerGuid;
  disabledAt: Date | null;
  sharedCredential: { credentialId: CredentialId; name: string; username: string } | null;
};

export async function insertComputer(tx: Tx, computer: ComputerValues & { guid: ComputerGuid }): Promise<ComputerId> {
  const [row] = await tx.insert(computers).values(computer).returning({ id: computers.id });
  if (!row) throw new TypeError('insert … returning gave no row');
  return row.id;
}

export const computerColumns = {
  computerId: computers.id,
  guid: computers.guid,
  name: computers.name,
  description: computers.description,
  mode: computers.mode,
  server: computers.server,
  server2: computers.server2,
  server3: computers.server3,
  port: computers.port,
  notes: computers.notes,
  disabledAt: computers.disabledAt,
  sharedCredential: { credentialId: credentials.id, name: credentials.name, username: credentials.username },
};

function selectComputers(tx: Tx) {
  return tx
    .select(computerColumns)
    .from(computers)
    .leftJoin(credentials, eq(credentials.id, computers.sharedCredentialId));
}

export async function findComputer(tx: Tx, id: ComputerId): Promise<ComputerWithCredential | undefined> {
  const [row] = await selectComputers(tx).where(eq(computers.id, id));
  return row;
}

/** By its name, in any case. */
export async function findComputerByName(tx: Tx, name: string): Promise<ComputerWithCredential | undefined> {
  const [row] = await selectComputers(tx).where(sql`lower(${computers.name}) = lower(${name})`);
  return row;
}

export async function findComputerByGuid(tx: Tx, guid: string): Promise<ComputerWithCredential | undefined> {
  const [row] = await selectComputers(tx).where(eq(computers.guid, guid as ComputerGuid));
  return row;
}

export type LockedComputer = ComputerValues & { disabledAt: Date | null };

/** The row as it is, locked until the transaction ends, so that two changes cannot cross. */
export async function lockComputer(tx: Tx, id: ComputerId): Promise<LockedComputer | undefined> {
  const [row] = await tx.select().from(computers).where(eq(computers.id, id)).for('update');
  return row;
}

export async function updateComputer(tx: Tx, id: ComputerId, values: ComputerValues): Promise<void> {
  await tx.update(computers).set(values).where(eq(computers.id, id));
}

export async function updateComputerDisabled(tx: Tx, id: ComputerId, disabledAt: Date | null): Promise<void> {
  await tx.update(computers).set({ disabledAt }).where(eq(computers.id, id));
}

export type FurtherCredential = {
  credentialId: CredentialId;
  name: string;
  username: string;
  /** `null`: the standard level. */
  accessLevel: { accessLevelId: AccessLevelId; name: string } | null;
};

/** The credentials of a computer besides that of Connect, by access level and name; the standard level first. */
export async function listFurtherCredentials(tx: Tx, id: ComputerId): Promise<FurtherCredential[]> {
  return tx
    .select({
      credentialId: credentials.id,
      name: credentials.name,
      username: credentials.username,
      accessLevel: { accessLevelId: accessLevels.id, name: accessLevels.name },
    })
    .from(computerCredentials)
    .innerJoin(credentials, eq(credentials.id, computerCredentials.credentialId))
    .leftJoin(accessLevels, eq(accessLevels.id, computerCredentials.accessLevelId))
    .where(eq(computerCredentials.computerId, id))
    .orderBy(sql`lower(${accessLevels.name}) nulls first`, sql`lower(${credentials.name})`);
}

/** Ids of the credentials of a computer besides that of Connect. */
export async function listFurtherIds(tx: Tx, id: ComputerId): Promise<CredentialId[]> {
  const rows = await tx
    .select({ id: computerCredentials.credentialId })
    .from(computerCredentials)
    .where(eq(computerCredentials.computerId, id));
  return rows.map((row) => row.id);
}

/** Adds a further credential to a computer or gives it another level; answers whether it is new there. */
export async function upsertFurtherCredential(
  tx: Tx,
  further: { computerId: ComputerId; credentialId: CredentialId; accessLevelId: AccessLevelId | null },
): Promise<boolean> {
  const [row] = await tx
    .insert(computerCredentials)
    .values(further)
    .onConflictDoUpdate({
      target: [computerCredentials.computerId, computerCredentials.credentialId],
      set: { accessLevelId: further.accessLevelId },
    })
    .returning({ isNew: sql<boolean>`xmax = 0` });
  return row?.isNew ?? false;
}

/** Takes a further credential off a computer; answers whether it was there. */
export async function deleteFurtherCredential(tx: Tx, id: ComputerId, credentialId: CredentialId): Promise<boolean> {
  const rows = await tx
    .delete(computerCredentials)
    .where(and(eq(computerCredentials.computerId, id), eq(computerCredentials.credentialId, credentialId)))
    .returning({ credentialId: computerCredentials.credentialId });
  return rows.length === 1;
}
