import { asc, eq, sql } from 'drizzle-orm';
import type { ComputerGuid, ComputerId, CredentialId } from '../../server/ids.ts';
import type { Mode } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { computers, credentials } from '../schema.ts';

export type ComputerValues = {
  name: string;
  description: string;
  mode: Mode;
  server: string;
  port: number;
  sharedCredentialId: CredentialId | null;
};

export type ComputerWithCredential = {
  computerId: ComputerId;
  guid: ComputerGuid;
  name: string;
  description: string;
  mode: Mode;
  server: string;
  port: number;
  disabledAt: Date | null;
  sharedCredential: { credentialId: CredentialId; name: string; username: string } | null;
};

export async function insertComputer(tx: Tx, computer: ComputerValues & { guid: ComputerGuid }): Promise<ComputerId> {
  const [row] = await tx.insert(computers).values(computer).returning({ id: computers.id });
  if (!row) throw new TypeError('insert … returning gave no row');
  return row.id;
}

function selectComputers(tx: Tx) {
  return tx
    .select({
      computerId: computers.id,
      guid: computers.guid,
      name: computers.name,
      description: computers.description,
      mode: computers.mode,
      server: computers.server,
      port: computers.port,
      disabledAt: computers.disabledAt,
      sharedCredential: { credentialId: credentials.id, name: credentials.name, username: credentials.username },
    })
    .from(computers)
    .leftJoin(credentials, eq(credentials.id, computers.sharedCredentialId));
}

export async function listAllComputers(tx: Tx): Promise<ComputerWithCredential[]> {
  return selectComputers(tx).orderBy(asc(sql`lower(${computers.name})`));
}

export async function findComputer(tx: Tx, id: ComputerId): Promise<ComputerWithCredential | undefined> {
  const [row] = await selectComputers(tx).where(eq(computers.id, id));
  return row;
}

/** The row as it is, locked until the transaction ends, so that two changes cannot cross. */
export async function lockComputer(
  tx: Tx,
  id: ComputerId,
): Promise<(ComputerValues & { disabledAt: Date | null }) | undefined> {
  const [row] = await tx.select().from(computers).where(eq(computers.id, id)).for('update');
  return row;
}

export async function updateComputer(tx: Tx, id: ComputerId, values: ComputerValues): Promise<void> {
  await tx.update(computers).set(values).where(eq(computers.id, id));
}

export async function updateComputerDisabled(tx: Tx, id: ComputerId, disabledAt: Date | null): Promise<void> {
  await tx.update(computers).set({ disabledAt }).where(eq(computers.id, id));
}
