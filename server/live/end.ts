import type { Tx } from '../../db/connect.ts';
import { closeRecording } from '../../db/queries/recordings.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Context } from '../context.ts';
import { planReading } from '../desk/index-recording-job.ts';
import { startRetention } from '../desk/retention.ts';
import type { PersonId, SessionId } from '../ids.ts';
import { endSession } from '../launch/end-session-job.ts';
import type { EndReason } from '../protocol/session-words.ts';
import type { RecordingEnding } from './ports.ts';

type Whose = { sessionId: SessionId; personId: PersonId };
type RecordEvent = (event: AuditEvent) => void;

export type SessionEnd = {
  reason: EndReason;
  detail?: string | undefined;
  exitStatus?: number | undefined;
  bytesOut?: number;
  bytesIn?: number;
  targetClosedMs?: number | undefined;
  lastInputAt?: Date | undefined;
};

/** Writes the end of a session, the state of its recording and the evidence of both in one transaction. */
export async function writeEnd(
  ctx: Context,
  whose: Whose,
  end: SessionEnd,
  recording: RecordingEnding | undefined,
): Promise<void> {
  const now = ctx.clock.now();
  await ctx.audit.transact(async (tx, record) => {
    if (await endSession(tx, whose.sessionId, { ...end, endedAt: now })) record(endedEvent(whose, end));
    if (recording) await writeSeal(tx, record, { ...whose, recording, now });
  });
}

/** Writes how a recording was closed, whenever its session ended. */
export async function writeRecordingEnd(ctx: Context, whose: Whose, recording: RecordingEnding): Promise<void> {
  const now = ctx.clock.now();
  await ctx.audit.transact((tx, record) => writeSeal(tx, record, { ...whose, recording, now }));
}

async function writeSeal(
  tx: Tx,
  record: RecordEvent,
  { sessionId, personId, recording, now }: Whose & { recording: RecordingEnding; now: Date },
): Promise<void> {
  const about = { actorId: personId, sessionId };
  if ('failed' in recording) {
    const isFirst = await closeRecording(tx, sessionId, { state: 'failed', sealReason: recording.failed });
    if (isFirst) {
      record({ kind: 'recording.failed', ...about, subject: { code: recording.failed } });
      await planReading(tx, sessionId, now);
      await startRetention(tx, sessionId);
    }
    return;
  }
  const { sealed, reason } = recording;
  const { head, bytes, durationMs, manifestSha256 } = sealed;
  const closing = { state: 'sealed', sealedAt: now, sealReason: reason, head, bytes, durationMs } as const;
  const isFirst = await closeRecording(tx, sessionId, closing);
  if (!isFirst) return;
  record({ kind: 'recording.sealed', ...about, subject: { head, manifestSha256, reason, bytes } });
  await planReading(tx, sessionId, now);
  await startRetention(tx, sessionId);
}

function endedEvent({ sessionId, personId }: Whose, end: SessionEnd): AuditEvent {
  const { reason, bytesOut = 0, bytesIn = 0, exitStatus = null } = end;
  return { kind: 'session.ended', actorId: personId, sessionId, subject: { reason, bytesOut, bytesIn, exitStatus } };
}
