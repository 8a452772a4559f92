import { and, eq, isNull, sql } from 'drizzle-orm';
import type { PersonId, SessionId, SessionViewId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { sessions, sessionViews, type viewKinds } from '../schema.ts';

export async function insertView(
  tx: Tx,
  view: {
    id: SessionViewId;
    sessionId: SessionId;
    viewerId: PersonId;
    kind: (typeof viewKinds)[number];
    startedAt: Date;
  },
): Promise<void> {
  await tx.insert(sessionViews).values(view);
}

/** `false`: it had ended before. */
export async function endView(tx: Tx, id: SessionViewId, endedAt: Date): Promise<boolean> {
  const rows = await tx
    .update(sessionViews)
    .set({ endedAt })
    .where(and(eq(sessionViews.id, id), isNull(sessionViews.endedAt)))
    .returning({ id: sessionViews.id });
  return rows.length === 1;
}

/** Views that a gateway which stopped left open end with their sessions. */
export async function endViewsLeftBehind(tx: Tx): Promise<void> {
  await tx
    .update(sessionViews)
    .set({ endedAt: sql`(select ended_at from ${sessions} where ${sessions.id} = ${sessionViews.sessionId})` })
    .where(
      and(
        isNull(sessionViews.endedAt),
        sql`exists (select 1 from ${sessions} where ${sessions.id} = ${sessionViews.sessionId} and ${sessions.state} = 'ended')`,
      ),
    );
}
