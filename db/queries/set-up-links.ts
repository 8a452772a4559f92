import { and, eq, gt, isNull } from 'drizzle-orm';
import type { Tx } from '../connect.ts';
import { setUpLinks } from '../schema.ts';

/** There is one set-up link at most: a new one takes the place of all before it. */
export async function replaceSetUpLink(tx: Tx, link: { tokenHash: Uint8Array; expiresAt: Date }): Promise<void> {
  await tx.delete(setUpLinks);
  await tx.insert(setUpLinks).values(link);
}

const isOpen = (tokenHash: Uint8Array, now: Date) =>
  and(eq(setUpLinks.tokenHash, tokenHash), isNull(setUpLinks.usedAt), gt(setUpLinks.expiresAt, now));

export async function isSetUpLinkOpen(tx: Tx, tokenHash: Uint8Array, now: Date): Promise<boolean> {
  return (await tx.select({ at: setUpLinks.expiresAt }).from(setUpLinks).where(isOpen(tokenHash, now))).length === 1;
}

/** Uses the link: of any number of calls at once, exactly one gets `true`. */
export async function takeSetUpLink(tx: Tx, tokenHash: Uint8Array, now: Date): Promise<boolean> {
  const rows = await tx
    .update(setUpLinks)
    .set({ usedAt: now })
    .where(isOpen(tokenHash, now))
    .returning({ at: setUpLinks.expiresAt });
  return rows.length === 1;
}
