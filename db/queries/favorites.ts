import { and, eq, inArray } from 'drizzle-orm';
import type { ComputerId, PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { favoriteComputers } from '../schema.ts';

/** Marks a computer as one that this person wants to find first, or no longer. Said twice, it is as once. */
export async function setFavoriteComputer(
  tx: Tx,
  { personId, computerId }: { personId: PersonId; computerId: ComputerId },
  isFavorite: boolean,
): Promise<void> {
  if (isFavorite) {
    await tx.insert(favoriteComputers).values({ personId, computerId }).onConflictDoNothing();
    return;
  }
  const { personId: owner, computerId: computer } = favoriteComputers;
  await tx.delete(favoriteComputers).where(and(eq(owner, personId), eq(computer, computerId)));
}

/** Which of these computers this person marked. */
export async function findFavoriteComputers(
  tx: Tx,
  personId: PersonId,
  ids: readonly ComputerId[],
): Promise<Set<ComputerId>> {
  if (ids.length === 0) return new Set();
  const rows = await tx
    .select({ computerId: favoriteComputers.computerId })
    .from(favoriteComputers)
    .where(and(eq(favoriteComputers.personId, personId), inArray(favoriteComputers.computerId, [...ids])));
  return new Set(rows.map(({ computerId }) => computerId));
}
