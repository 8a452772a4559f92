import { and, desc, eq, gt, isNull } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { masterPasswordLinks } from '../schema.ts';

export type MasterPasswordLink = typeof masterPasswordLinks.$inferSelect;

/** A person has one open link at most: a new one takes the place of those before it, whose secrets are answered. */
export async function replaceMasterPasswordLink(
  tx: Tx,
  link: typeof masterPasswordLinks.$inferInsert,
): Promise<MasterPasswordLink['secretId'][]> {
  const gone = await tx
    .delete(masterPasswordLinks)
    .where(and(eq(masterPasswordLinks.personId, link.personId), isNull(masterPasswordLinks.usedAt)))
    .returning({ secretId: masterPasswordLinks.secretId });
  await tx.insert(masterPasswordLinks).values(link);
  return gone.map(({ secretId }) => secretId);
}

/** The link that waits for this person, even when its time is over: until it is renewed there is no way around it. */
export async function findWaitingLink(tx: Tx, personId: PersonId): Promise<MasterPasswordLink | undefined> {
  const [row] = await tx
    .select()
    .from(masterPasswordLinks)
    .where(and(eq(masterPasswordLinks.personId, personId), isNull(masterPasswordLinks.usedAt)))
    .orderBy(desc(masterPasswordLinks.createdAt))
    .limit(1);
  return row;
}

export async function findMasterPasswordLink(tx: Tx, tokenHash: Uint8Array): Promise<MasterPasswordLink | undefined> {
  const [row] = await tx.select().from(masterPasswordLinks).where(eq(masterPasswordLinks.tokenHash, tokenHash));
  return row;
}

/** Uses the link: of any number of calls at once, exactly one gets it. */
export async function takeMasterPasswordLink(
  tx: Tx,
  { tokenHash, personId, now }: { tokenHash: Uint8Array; personId: PersonId; now: Date },
): Promise<MasterPasswordLink | undefined> {
  const isOpen = and(isNull(masterPasswordLinks.usedAt), gt(masterPasswordLinks.expiresAt, now));
  const [row] = await tx
    .update(masterPasswordLinks)
    .set({ usedAt: now })
    .where(and(eq(masterPasswordLinks.tokenHash, tokenHash), eq(masterPasswordLinks.personId, personId), isOpen))
    .returning();
  return row;
}
