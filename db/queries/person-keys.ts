import { and, eq, lte } from 'drizzle-orm';
import type { LoginSessionId, PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { personKeys, unlocks } from '../schema.ts';

/** The key pair of a person as the vault seals and opens it. */
export type PersonKeyRow = Omit<typeof personKeys.$inferSelect, 'createdAt' | 'changedAt'>;
export type UnlockRow = Omit<typeof unlocks.$inferSelect, 'createdAt'>;

export async function findPersonKey(tx: Tx, personId: PersonId) {
  const [row] = await tx.select().from(personKeys).where(eq(personKeys.personId, personId));
  return row;
}

/** `share`: others may read it but not change it until the transaction ends; `update`: nobody else may use it. */
export async function lockPersonKey(tx: Tx, personId: PersonId, strength: 'share' | 'update') {
  const [row] = await tx.select().from(personKeys).where(eq(personKeys.personId, personId)).for(strength);
  return row;
}

/** `false`: the person has a key already, which stays. */
export async function insertPersonKey(tx: Tx, key: PersonKeyRow, now: Date): Promise<boolean> {
  const rows = await tx
    .insert(personKeys)
    .values({ ...key, createdAt: now, changedAt: now })
    .onConflictDoNothing()
    .returning({ personId: personKeys.personId });
  return rows.length === 1;
}

/** Seals the same key pair anew; a person who has another one by now keeps it as it is. */
export async function updateSealedKey(
  tx: Tx,
  { personId, publicKey, ...change }: PersonKeyRow,
  changedAt?: Date,
): Promise<void> {
  await tx
    .update(personKeys)
    .set({ ...change, ...(changedAt && { changedAt }) })
    .where(and(eq(personKeys.personId, personId), eq(personKeys.publicKey, publicKey)));
}

export async function deletePersonKey(tx: Tx, personId: PersonId): Promise<void> {
  await tx.delete(personKeys).where(eq(personKeys.personId, personId));
}

/** The unlock of this sign-in, in the place of an earlier one. */
export async function replaceUnlock(tx: Tx, unlock: UnlockRow): Promise<void> {
  const { loginSessionId: _, ...values } = unlock;
  await tx.insert(unlocks).values(unlock).onConflictDoUpdate({ target: unlocks.loginSessionId, set: values });
}

export async function findUnlock(tx: Tx, loginSessionId: LoginSessionId): Promise<UnlockRow | undefined> {
  const [row] = await tx.select().from(unlocks).where(eq(unlocks.loginSessionId, loginSessionId));
  return row;
}

/** `false`: there was none. */
export async function deleteUnlock(tx: Tx, loginSessionId: LoginSessionId): Promise<boolean> {
  const gone = await tx.delete(unlocks).where(eq(unlocks.loginSessionId, loginSessionId)).returning({ id: unlocks.id });
  return gone.length === 1;
}

export async function deleteUnlocksOf(tx: Tx, personId: PersonId): Promise<void> {
  await tx.delete(unlocks).where(eq(unlocks.personId, personId));
}

export async function deleteExpiredUnlocks(tx: Tx, now: Date): Promise<void> {
  await tx.delete(unlocks).where(lte(unlocks.expiresAt, now));
}
