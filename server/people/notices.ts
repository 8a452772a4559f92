import { z } from 'zod';
import { listUnseenNotices, markNoticeSeen, type Notice } from '../../db/queries/notices.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { NoticeId } from '../ids.ts';
import { idSchema } from '../inventory/input-fields.ts';

export type NoticeRow = Pick<Notice, 'id' | 'kind' | 'subject' | 'createdAt'>;

/** What the actor must be told and was not told yet, newest first. */
export async function listNotices(ctx: Context, actor: Actor): Promise<Outcome<NoticeRow[]>> {
  const notices = await listUnseenNotices(ctx.connection.db, actor.person.id);
  return ok(notices.map(({ id, kind, subject, createdAt }) => ({ id, kind, subject, createdAt })));
}

export const SeeNoticeInputSchema = z.object({ noticeId: idSchema<NoticeId>() });

/** The actor has read it; it is not shown again. */
export async function seeNotice(
  ctx: Context,
  actor: Actor,
  { noticeId }: z.output<typeof SeeNoticeInputSchema>,
): Promise<Outcome<undefined>> {
  const { id: personId } = actor.person;
  return ctx.audit.transact(async (tx, record) => {
    const seen = await markNoticeSeen(tx, { noticeId, personId, now: ctx.clock.now() });
    if (!seen) return refuse('not_found');
    record({ kind: 'notice.seen', actorId: personId, subject: { noticeId, notice: seen.kind } });
    return ok(undefined);
  });
}
