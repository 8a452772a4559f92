import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../../server/context.ts';
import type { SessionId } from '../../server/ids.ts';

/** What the database says of a session and its recording. */
export type SessionSeen = {
  state: string;
  end_reason: string | null;
  end_detail: string | null;
  ended_at: string | null;
  recording: string | null;
  seal_reason: string | null;
  path: string | null;
};

export async function sessionOf(ctx: Context, id: SessionId): Promise<SessionSeen> {
  const [row] = await ctx.connection.sql<SessionSeen[]>`
    select s.state, s.end_reason, s.end_detail, s.ended_at, r.state as recording, r.seal_reason, r.path
    from sessions s left join recordings r on r.session_id = s.id where s.id = ${id}`;
  if (!row) throw new Error(`There is no session ${id}.`);
  return row;
}

/** Waits until a session has ended and its recording is closed. */
export async function untilEnded(ctx: Context, id: SessionId): Promise<SessionSeen> {
  for (;;) {
    const seen = await sessionOf(ctx, id);
    if (seen.state === 'ended' && seen.recording !== 'writing') return seen;
    await pause(20);
  }
}

/** Waits until a session has ended, its recording was read to its end, and the index for its player is there. */
export async function untilIndexed(ctx: Context, id: SessionId): Promise<SessionSeen> {
  const seen = await untilEnded(ctx, id);
  for (;;) {
    const [row] = await ctx.connection.sql`select index_state, playable from recordings where session_id = ${id}`;
    if (row?.playable === 'unplayable') throw new Error(`The recording of ${id} cannot be played.`);
    if (row?.index_state === 'ready') return seen;
    await pause(50);
  }
}

export type AuditSeen = { kind: string; actor_id: string | null; at: string; subject: Record<string, unknown> };

/** What the audit log says of a session, in order of time. */
export async function auditOf(ctx: Context, id: SessionId, kind?: string): Promise<AuditSeen[]> {
  const rows = await ctx.connection.sql<AuditSeen[]>`
    select kind, actor_id, at, subject from audit_events where session_id = ${id} order by at, seq`;
  return kind === undefined ? rows : rows.filter((row) => row.kind === kind);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
