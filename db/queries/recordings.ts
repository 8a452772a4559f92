import { and, eq } from 'drizzle-orm';
import type { PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { recordings, sessions } from '../schema.ts';

/** A recorder opened its folder. */
export async function insertRecording(
  tx: Tx,
  recording: { sessionId: SessionId; path: string; startedAt: Date },
): Promise<void> {
  await tx.insert(recordings).values(recording);
}

export type RecordingClosing =
  | { state: 'sealed'; sealedAt: Date; sealReason: string; head: string; bytes: number; durationMs: number }
  | { state: 'failed'; sealReason: string };

/** Closes a recording. `true` only for the one call that did. */
export async function closeRecording(tx: Tx, sessionId: SessionId, closing: RecordingClosing): Promise<boolean> {
  const rows = await tx
    .update(recordings)
    .set(closing)
    .where(and(eq(recordings.sessionId, sessionId), eq(recordings.state, 'writing')))
    .returning({ sessionId: recordings.sessionId });
  return rows.length === 1;
}

export type UnsealedRecording = { sessionId: SessionId; personId: PersonId; path: string };

/** Recordings of ended sessions that nobody sealed: what a gateway leaves behind that did not get to it. */
export async function findUnsealed(tx: Tx): Promise<UnsealedRecording[]> {
  return tx
    .select({ sessionId: recordings.sessionId, personId: sessions.personId, path: recordings.path })
    .from(recordings)
    .innerJoin(sessions, eq(sessions.id, recordings.sessionId))
    .where(and(eq(recordings.state, 'writing'), eq(sessions.state, 'ended')));
}
