import { and, desc, eq, isNull } from 'drizzle-orm';
import type { NoticeId, PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { personNotices } from '../schema.ts';

export type Notice = typeof personNotices.$inferSelect;

export async function insertNotice(tx: Tx, notice: typeof personNotices.$inferInsert): Promise<void> {
  await tx.insert(personNotices).values(notice);
}

/** What this person was not told yet, newest first. */
export async function listUnseenNotices(tx: Tx, personId: PersonId): Promise<Notice[]> {
  return tx
    .select()
    .from(personNotices)
    .where(and(eq(personNotices.personId, personId), isNull(personNotices.seenAt)))
    .orderBy(desc(personNotices.createdAt));
}

/** `undefined`: it is not theirs, or was seen before. */
export async function markNoticeSeen(
  tx: Tx,
  { noticeId, personId, now }: { noticeId: NoticeId; personId: PersonId; now: Date },
): Promise<Notice | undefined> {
  const [row] = await tx
    .update(personNotices)
    .set({ seenAt: now })
    .where(and(eq(personNotices.id, noticeId), eq(personNotices.personId, personId), isNull(personNotices.seenAt)))
    .returning();
  return row;
}
