import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../server/context.ts';
import type { SessionId } from '../../server/ids.ts';
import { headerLength } from '../../server/protocol/typescript.ts';

/** What the database says of a session and its recording. */
export type SessionSeen = {
  state: string;
  end_reason: string | null;
  end_detail: string | null;
  ended_at: Date | null;
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

export type AuditSeen = { kind: string; actor_id: string | null; at: Date; subject: Record<string, unknown> };

/** What the audit log says of a session, in order of time. */
export async function auditOf(ctx: Context, id: SessionId, kind?: string): Promise<AuditSeen[]> {
  const rows = await ctx.connection.sql<AuditSeen[]>`
    select kind, actor_id, at, subject from audit_events where session_id = ${id} order by at, seq`;
  return kind === undefined ? rows : rows.filter((row) => row.kind === kind);
}

/** The output in a recording's folder, without the header line. */
export async function recordedOutput(folder: string): Promise<Buffer> {
  const bytes = await readFile(join(folder, 'typescript'));
  return bytes.subarray(headerLength(bytes));
}

/** What scriptreplay(1) itself prints of a recording, without the line it adds at its end. */
export async function replayed(folder: string): Promise<Buffer> {
  const program = spawn('scriptreplay', [
    '--timing',
    join(folder, 'typescript.timing'),
    '--typescript',
    join(folder, 'typescript'),
    '--divisor',
    '100000',
  ]);
  const chunks: Buffer[] = [];
  const words: Buffer[] = [];
  program.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  program.stderr.on('data', (chunk: Buffer) => words.push(chunk));
  const [status] = (await once(program, 'close')) as [number];
  if (status !== 0) throw new Error(`scriptreplay ended with ${status}: ${Buffer.concat(words)}`);
  const printed = Buffer.concat(chunks);
  return printed.at(-1) === 0x0a ? printed.subarray(0, -1) : printed;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
